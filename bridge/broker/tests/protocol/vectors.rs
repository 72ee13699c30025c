//! The packets with which Mosquitto tests its own broker, right ones and wrong ones: 1,486
//! sequences. Where the standard leaves a server the choice, any answer that it allows is a good
//! one.

mod excused;
pub(crate) mod judge;
mod play;
mod sequence;

use std::fs;
use std::path::PathBuf;

use tokio::task::JoinSet;

use self::sequence::{Sequence, Step};
use crate::{config, open};

const SEQUENCES: usize = 1_486;
const PASSED_MIN: usize = 1_420;

/// One file on a broker of its own: those of a file are meant to be played one after another, and
/// share topics and client ids.
async fn play_all(file: PathBuf) -> Vec<(String, Result<(), String>)> {
    let (broker, at) = open(config()).await;
    let mut all = Vec::new();
    for sequence in sequence::read(&file) {
        let outcome = play::play(at, &sequence).await;
        all.push((sequence.name, outcome));
    }
    broker.stop().await;
    all
}

#[tokio::test]
async fn packets_are_answered_as_the_standard_says() {
    let files = fs::read_dir(sequence::folder()).expect("a folder");
    let files = files.map(|entry| entry.expect("an entry").path());
    let files = files.filter(|path| path.extension().is_some_and(|e| e == "json"));
    let mut playing: JoinSet<_> = files.map(play_all).collect();
    let (mut count, mut failed) = (0, Vec::new());
    while let Some(all) = playing.join_next().await {
        let all = all.expect("no panic");
        count += all.len();
        failed.extend(all.into_iter().filter_map(|(n, o)| Some((n, o.err()?))));
    }
    failed.sort();
    let names: Vec<&String> = failed.iter().map(|(name, _)| name).collect();
    let excused = excused::names();
    let unexpected = failed.iter().filter(|(name, _)| !excused.contains(name));
    let unexpected: Vec<_> = unexpected.collect();
    assert!(unexpected.is_empty(), "{unexpected:#x?}");
    // Also the other way round: what is excused and passes is excused no longer.
    assert_eq!(names, excused.iter().collect::<Vec<_>>());
    assert_eq!(count, SEQUENCES);
    assert!(count - failed.len() >= PASSED_MIN);
}

#[tokio::test]
async fn the_judge_finds_wrong_answers() {
    let (broker, at) = open(config()).await;
    let subscribe = |version: u8| match version {
        5 => Step::Send(b"\x82\x07\x12\x34\0\0\x01p\x01".to_vec()),
        _ => Step::Send(b"\x82\x06\x12\x34\0\x01p\x01".to_vec()),
    };
    let wants = |bytes: &[u8]| Step::Expect(bytes.to_vec());
    let publish = || Step::Send(b"\x32\x06\0\x01p\x12\x34x".to_vec());
    let reserved = || Step::Send(b"\xf1\0".to_vec());
    for (version, steps, closes, is_good) in [
        (4, vec![], false, true),
        (4, vec![], true, false),
        (4, vec![reserved()], true, true),
        (4, vec![reserved()], false, false),
        (5, vec![reserved(), wants(b"\xe0\x01\x81")], true, true),
        (5, vec![reserved(), wants(b"\xd0\0")], true, false),
        (
            4,
            vec![subscribe(4), wants(b"\x90\x03\x12\x34\x01")],
            false,
            true,
        ),
        (
            4,
            vec![subscribe(4), wants(b"\x90\x03\x12\x34\0")],
            false,
            false,
        ),
        (
            4,
            vec![subscribe(4), wants(b"\x90\x03\x12\x35\x01")],
            false,
            false,
        ),
        (
            4,
            vec![subscribe(4), wants(b"\x90\x03\x12\x34\x80")],
            false,
            false,
        ),
        (
            5,
            vec![subscribe(5), wants(b"\x90\x04\x12\x34\0\x01")],
            false,
            true,
        ),
        (
            5,
            vec![subscribe(5), wants(b"\x90\x04\x12\x34\0\x02")],
            false,
            false,
        ),
        (5, vec![subscribe(5), wants(b"\xe0\x01\x82")], true, false),
        // An answer that nobody asked for.
        (4, vec![subscribe(4)], false, false),
        (4, vec![publish(), wants(b"\x40\x02\x12\x34")], false, true),
        (4, vec![publish(), wants(b"\x40\x02\x12\x35")], false, false),
        (4, vec![publish(), wants(b"\x50\x02\x12\x34")], false, false),
    ] {
        let sequence = Sequence {
            name: "planted".to_owned(),
            version,
            connects: true,
            steps,
            closes,
        };
        let outcome = play::play(at, &sequence).await;
        assert_eq!(outcome.is_ok(), is_good, "{outcome:x?}");
    }
    broker.stop().await;
}
