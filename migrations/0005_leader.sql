-- One number for each term of a control node that decides alone: who has a larger one came later.
CREATE SEQUENCE leader_terms AS bigint;
