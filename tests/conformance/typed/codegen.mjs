// Types and typed documents by graphql-codegen: `node codegen.mjs SCHEMA DOCUMENTS OUTPUT`.
import { readFileSync, writeFileSync } from 'node:fs';
import { codegen } from '@graphql-codegen/core';
import * as typedDocumentNode from '@graphql-codegen/typed-document-node';
import * as operations from '@graphql-codegen/typescript-operations';
import { parse } from 'graphql';

const [schema, documents, filename] = process.argv.slice(2);
const config = {
  useTypeImports: true,
  enumsAsTypes: true,
  strictScalars: true,
  scalars: { DateTime: 'string', Decimal: 'string', JSON: 'unknown', Upload: 'Blob' },
};
writeFileSync(
  filename,
  await codegen({
    schema: parse(readFileSync(schema, 'utf8')),
    documents: [{ location: documents, document: parse(readFileSync(documents, 'utf8')) }],
    filename,
    config,
    plugins: [{ operations: {} }, { typedDocumentNode: {} }],
    pluginMap: { operations, typedDocumentNode },
  }),
);
