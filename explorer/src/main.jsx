import 'graphiql/setup-workers/vite';

import { explorerPlugin } from '@graphiql/plugin-explorer';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { createRoot } from 'react-dom/client';

import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './style.css';

import { exampleTabs } from './examples.js';
import { fetcher } from './fetcher.js';
import favicon from './favicon.svg';
import { SharedHeaders, storedHeaders } from './headers.jsx';

const plugins = [HISTORY_PLUGIN, explorerPlugin({ showAttribution: false })];

createRoot(document.getElementById('explorer')).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={plugins}
    defaultTabs={exampleTabs}
    defaultHeaders={storedHeaders()}
    defaultEditorToolsVisibility="headers"
    showPersistHeadersSettings={false}
    inputValueDeprecation
    schemaDescription
  >
    <GraphiQL.Logo>
      <span className="one-logo">
        <img src={favicon} alt="" width="20" height="20" /> ONE
      </span>
    </GraphiQL.Logo>
    <SharedHeaders />
  </GraphiQL>,
);
