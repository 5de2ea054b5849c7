// The index of search, over words that the program cuts: the store only parts them at spaces.

// up
CREATE FULLTEXT INDEX Search_fulltext IF NOT EXISTS FOR (n:Group|Person|Thing)
ON EACH [n.nameWords, n.labelWords, n.textWords, n.id, n.type, n.groupId, n.status]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'whitespace'}};

// down
DROP INDEX Search_fulltext IF EXISTS;
