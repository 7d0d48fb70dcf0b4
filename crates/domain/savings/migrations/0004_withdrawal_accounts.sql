-- The external account that a withdrawal is paid to; NULL: the partner's.
ALTER TABLE savings_withdrawal ADD COLUMN account_id BIGINT;
