/** A record as the fetch response holds it, with what is needed to tell whether it counts. */
export interface FetchedRecord {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, Buffer | undefined>;
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
}

export interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: string;
}

/**
 * The data records of one fetched partition without those of aborted transactions. The broker's list gives each one's
 * producer and first offset; its end is its control record.
 *
 * kafkajs has a filter of its own, which lets aborted rows through: it takes up at most one transaction per record, so
 * of two that began before the fetch the second one's first record passes, and it takes a data record whose key is four
 * zero bytes for an end marker.
 */
export function committedOnly(
  records: readonly FetchedRecord[],
  aborted: readonly AbortedTransaction[],
): FetchedRecord[] {
  const pending = [...aborted].sort((a, b) => Number(a.firstOffset) - Number(b.firstOffset));
  const open = new Set<string>();
  return records.filter((record) => {
    while (pending.length > 0 && Number(pending[0].firstOffset) <= Number(record.offset)) {
      open.add(pending.shift()!.producerId);
    }
    const { producerId, inTransaction } = record.batchContext;
    if (record.isControlRecord) {
      open.delete(producerId);
      return false;
    }
    return !(inTransaction && open.has(producerId));
  });
}
