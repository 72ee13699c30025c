//! Dead letters.

use super::fixture::{AnyStore, NOW_MS, envelope, message};
use crate::dead_letters::DeadLetter;

fn letter(number: u32) -> DeadLetter {
    DeadLetter {
        envelope: envelope(&format!("dead-{number}")),
        error: String::from("it trapped"),
        attempts: number,
        at_ms: NOW_MS,
    }
}

async fn add(store: &AnyStore, numbers: std::ops::RangeInclusive<u32>) -> Vec<u64> {
    let mut ids = Vec::new();
    for number in numbers {
        ids.push(store.add_dead_letter(letter(number)).await.expect("kept"));
    }
    ids
}

/// Number and attempts of each letter.
async fn read(store: &AnyStore, after: u64, limit: usize) -> Vec<(u64, u32)> {
    let letters = store.dead_letters(after, limit).await.expect("readable");
    let pairs = letters.iter().map(|l| (l.id, l.letter.attempts));
    pairs.collect()
}

pub async fn dead_letters_are_kept(store: AnyStore) {
    assert!(read(&store, 0, 10).await.is_empty());
    let ids = add(&store, 1..=5).await;
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    assert!(ids[0] > 0, "nothing comes before the first");
    let expected: Vec<_> = ids.into_iter().zip(1..=5).collect();
    assert_eq!(read(&store, 0, 10).await, expected, "oldest first");
    let first = store.dead_letters(0, 1).await.expect("readable").remove(0);
    let first = first.letter;
    assert_eq!(first.envelope.id, message("dead-1"));
    assert_eq!((first.error.as_str(), first.at_ms), ("it trapped", NOW_MS));
}

pub async fn they_are_read_in_pieces_and_one_by_one(store: AnyStore) {
    let ids = add(&store, 1..=5).await;
    let numbers = async |after, limit| {
        let found = read(&store, after, limit).await;
        found.into_iter().map(|(_, n)| n).collect::<Vec<_>>()
    };
    assert_eq!(numbers(0, 2).await, [1, 2]);
    assert_eq!(numbers(ids[1], 2).await, [3, 4]);
    assert_eq!(numbers(ids[3], 2).await, [5]);
    assert_eq!(numbers(ids[4], 2).await, []);
    assert_eq!(numbers(u64::MAX, 2).await, []);
    for (id, number) in ids.iter().zip(1..) {
        let found = store.dead_letter(*id).await.expect("readable");
        assert_eq!(found.map(|letter| letter.attempts), Some(number));
    }
    for missing in [0, ids[4] + 1, u64::MAX] {
        let found = store.dead_letter(missing).await.expect("readable");
        assert!(found.is_none(), "{missing}");
    }
}

pub async fn one_that_is_removed_is_gone_and_its_number_too(store: AnyStore) {
    let ids = add(&store, 1..=3).await;
    // The last one: a number that only follows the letters there are would come again.
    for (id, left) in [(ids[1], vec![1, 3]), (ids[2], vec![1])] {
        assert_eq!(store.remove_dead_letter(id).await, Ok(true));
        assert_eq!(store.remove_dead_letter(id).await, Ok(false));
        assert!(store.dead_letter(id).await.expect("readable").is_none());
        let found = read(&store, 0, 10).await.into_iter().map(|(_, n)| n);
        assert_eq!(found.collect::<Vec<_>>(), left);
    }
    let next = add(&store, 4..=4).await;
    assert!(next[0] > ids[2], "{next:?} after {ids:?}");
    assert_eq!(store.remove_dead_letter(u64::MAX).await, Ok(false));
}
