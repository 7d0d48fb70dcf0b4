-- How the amount of a level instalment is found; NULL where the partner leaves the choice to Florin.
ALTER TABLE product ADD COLUMN instalment_method TEXT;
