// Documents, their chunks, and what waits for an embedding. The index over the vectors themselves follows from the
// dimension that an operator chooses: see graph/vectors.py.

// up
CREATE INDEX Knowledge_type_id_index IF NOT EXISTS FOR (n:Knowledge) ON (n.type, n.id);
CREATE INDEX Knowledge_documentId_id_index IF NOT EXISTS FOR (n:Knowledge) ON (n.documentId, n.id);
CREATE INDEX Knowledge_embeddingState_embeddingDue_index IF NOT EXISTS FOR (n:Knowledge) ON (n.embeddingState, n.embeddingDue);

// down
DROP INDEX Knowledge_embedding_vector IF EXISTS;
DROP INDEX Knowledge_embeddingState_embeddingDue_index IF EXISTS;
DROP INDEX Knowledge_documentId_id_index IF EXISTS;
DROP INDEX Knowledge_type_id_index IF EXISTS;
