SELECT count(*) FROM runs WHERE begun >= :begins_at AND begun < :ends_at
