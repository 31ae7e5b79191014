-- Selection: bids for some auctions.
CREATE TABLE result (auction BIGINT, price BIGINT) WITH (${sink});
INSERT INTO result SELECT auction, price FROM bid WHERE MOD(auction, 123) = 0;
