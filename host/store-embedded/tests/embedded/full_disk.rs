//! A real disk without a byte left: what was acknowledged stays, what is refused is refused for sure,
//! and there is no end to it but room.

#![expect(clippy::print_stdout, reason = "what was not tried is told")]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pizza_store::{ActorStore, CommitError, InspectionStore, Store};
use pizza_store_embedded::{EmbeddedStore, Options};

use crate::fixture::{actor, commit, opened};

/// Tells this test, run again on a disk of its own, where that is.
const CHILD: &str = "STORE_ON_A_SMALL_DISK";
/// Set for a store that keeps nothing back, which must be found out.
const PLANTED: &str = "STORE_WITHOUT_RESERVE";
/// Set where the log shall meet the end of the disk, and not a checkpoint before it.
const NO_CHECKPOINT: &str = "STORE_WITHOUT_CHECKPOINTS";
const ACTORS: usize = 8;
const ROUNDS: usize = 4;
const PATIENCE: Duration = Duration::from_secs(60);

fn options() -> Options {
    Options {
        segment_bytes: if std::env::var_os(NO_CHECKPOINT).is_some() {
            32 << 20
        } else {
            256 << 10
        },
        reserve_bytes: if std::env::var_os(PLANTED).is_some() {
            0
        } else {
            4 << 20
        },
        // Nobody sees it coming: the log itself meets the end of the disk.
        free_bytes_min: 0,
        ..Options::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_without_a_byte_left_is_no_end() {
    if let Some(dir) = std::env::var_os(CHILD) {
        return on_a_small_disk(&PathBuf::from(dir)).await;
    }
    let Some((succeeded, told)) = run(&[]) else {
        println!(
            "nobody may mount a small disk here: only the reserve's own tests run, with a disk that \
             says it is full"
        );
        return;
    };
    let by_log = run(&[NO_CHECKPOINT]).expect("it was mounted a moment ago");
    for ((succeeded, told), why) in [
        ((succeeded, told), "a checkpoint needs"),
        (by_log, "No space left on device"),
    ] {
        assert!(succeeded, "{told}");
        let full = told
            .lines()
            .filter(|line| line.starts_with("the disk was full"));
        assert_eq!(full.clone().count(), ROUNDS, "{told}");
        assert!(full.clone().any(|line| line.contains(why)), "{told}");
    }
    let planted = run(&[PLANTED, NO_CHECKPOINT]);
    let (succeeded, told) = planted.expect("it was mounted a moment ago");
    let is_found = !succeeded && told.contains("No space left on device");
    assert!(is_found, "a store without a reserve: {told}");
}

/// Runs this test on a disk of its own; `None` where nobody may mount one.
fn run(modes: &[&str]) -> Option<(bool, String)> {
    let dir = tempfile::tempdir().expect("a directory");
    let script = r#"mount -t tmpfs -o size=48m tmpfs "$0" && echo mounted && exec "$@""#;
    // As whoever may make a name space of his own, or as root.
    for namespace in ["-rm", "-m"] {
        let mut command = Command::new("unshare");
        command
            .args([namespace, "sh", "-c", script])
            .arg(dir.path());
        command.arg(std::env::current_exe().expect("a path"));
        let name = "full_disk::a_disk_without_a_byte_left_is_no_end";
        command.args(["--exact", name, "--nocapture"]);
        command.env(CHILD, dir.path());
        command.envs(modes.iter().map(|mode| (mode, "1")));
        let Ok(ran) = command.output() else {
            continue;
        };
        let told = String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned();
        if told.starts_with("mounted") {
            return Some((ran.status.success(), told));
        }
    }
    None
}

/// Takes every byte of the disk.
fn fill(dir: &Path) -> PathBuf {
    let path = dir.join("filler");
    let mut file = File::create(&path).expect("a file");
    for piece in [1 << 20, 4_096, 1] {
        while file.write_all(&vec![0; piece]).is_ok() {}
    }
    path
}

async fn on_a_small_disk(disk: &Path) {
    let dir = disk.join("store");
    let store = Arc::new(EmbeddedStore::open(&dir, options()).expect("opened"));
    // The reserve is made a moment after the start.
    let spare = dir.join("log/spare");
    let begun = Instant::now();
    while std::env::var_os(PLANTED).is_none() && !spare.exists() {
        assert!(begun.elapsed() < PATIENCE, "no reserve is made");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let mut state = Vec::new();
    for number in 0..ACTORS {
        let actor = actor(&format!("actor-{number}"));
        let (epoch, version) = opened(&store, &actor).await;
        state.push((actor, epoch, version));
    }
    for round in 0..ROUNDS {
        let mut fillers = None;
        let begun = Instant::now();
        let mut refused = 0;
        let mut turn = 0;
        while refused < 3 * ACTORS {
            assert!(begun.elapsed() < PATIENCE, "nobody was refused");
            // Some checkpoints first, so that it is full in the middle of one as well.
            if turn == 40 + 15 * round {
                fillers = Some(fill(disk));
            }
            turn += 1;
            let tickets: Vec<_> = state
                .iter()
                .map(|(actor, epoch, version)| {
                    store.commit(Arc::new(commit(actor, *epoch, *version)))
                })
                .collect();
            for (ticket, (.., version)) in tickets.into_iter().zip(&mut state) {
                match ticket.await {
                    Ok(_) => *version += 1,
                    Err(CommitError::Full { .. }) => refused += 1,
                    Err(other) => panic!("{other}, after {turn} turns"),
                }
            }
        }
        let why = store.full_reason().expect("it is full");
        println!("the disk was full: {why}");
        // Reads go on, those that open as well.
        for (actor, epoch, version) in &mut state {
            let record = store.record(actor).await.expect("readable").expect("made");
            assert_eq!(record.version, *version);
            *epoch = opened(&store, actor).await.0;
        }
        fs::remove_file(fillers.expect("it was filled")).expect("removed");
        while store.full_reason().is_some() {
            assert!(begun.elapsed() < PATIENCE, "{:?}", store.full_reason());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(store.stop_reason(), None);
    }
    drop(store);
    let store = EmbeddedStore::open(&dir, options()).expect("opened");
    for (actor, _, version) in &state {
        let record = store.record(actor).await.expect("readable").expect("made");
        assert_eq!(record.version, *version, "{actor}");
    }
}
