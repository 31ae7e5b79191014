-- Pass through: the cost of reading and writing.
CREATE TABLE answer (auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` TIMESTAMP(3), extra STRING) WITH (${sink});
INSERT INTO answer SELECT auction, bidder, price, `dateTime`, extra FROM bid;
