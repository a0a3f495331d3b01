//! Chooses the partition of a key as Kafka's own clients do, so that other producers and consumers of the topic agree.

/// The partition of a key, counted from 0. There must be at least one partition.
pub(super) fn of(key: &[u8], partitions: usize) -> usize {
    let positive = murmur2(key) & 0x7fff_ffff;
    usize::try_from(positive).unwrap_or(0) % partitions.max(1)
}

/// MurmurHash2, 32 bits, with the seed of Kafka's clients.
fn murmur2(data: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const M: u32 = 0x5bd1_e995;
    const R: u32 = 24;
    // Keys are far shorter than that.
    let mut hash = SEED ^ u32::try_from(data.len()).unwrap_or(u32::MAX);
    let (words, rest) = data.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> R;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    if !rest.is_empty() {
        for (byte, place) in rest.iter().zip(0..) {
            hash ^= u32::from(*byte) << (8 * place);
        }
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of Kafka's own tests (`UtilsTest.testMurmur2`).
    #[test]
    fn a_key_has_the_hash_that_kafka_gives_it() {
        for (key, hash) in [
            ("21", -973_932_308_i32),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            (
                "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
                -58_897_971,
            ),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(key.as_bytes()), hash.cast_unsigned(), "{key}");
        }
    }

    #[test]
    fn every_partition_gets_keys_and_a_key_always_the_same_one() {
        let mut seen = [0; 6];
        for key in 0..600 {
            let key = format!("key {key}");
            let partition = of(key.as_bytes(), seen.len());
            assert_eq!(partition, of(key.as_bytes(), seen.len()));
            seen[partition] += 1;
        }
        assert!(seen.iter().all(|keys| *keys > 50), "{seen:?}");
    }
}
