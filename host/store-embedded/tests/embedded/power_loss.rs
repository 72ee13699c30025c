//! Power loss: an image of a real file system, taken while its writer stands still, has what was
//! synced and little else. Nothing that was acknowledged is missing from it.

#![expect(clippy::print_stdout, reason = "what was not tried is told")]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use pizza_store_embedded::EmbeddedStore;
use pizza_types::Durability;

use crate::kill::{Writer, missing, options};

/// A tenth of what `just soak` takes, by `POWER_LOSSES`.
const IMAGES: usize = 5;
const PATIENCE: Duration = Duration::from_secs(20);

fn ran(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// A file system in a file, as long as this lives. It writes of its own accord every ten minutes.
struct Disk {
    at: PathBuf,
}

impl Disk {
    fn make(image: &Path, at: &Path) -> Option<Self> {
        fs::File::create(image)
            .and_then(|file| file.set_len(256 << 20))
            .expect("a file");
        let made = ran(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(image));
        made.then(|| Self::mount(image, at)).flatten()
    }

    fn mount(image: &Path, at: &Path) -> Option<Self> {
        fs::create_dir_all(at).expect("made");
        let mut mount = Command::new("mount");
        let mount = mount.args(["-o", "loop,commit=600"]).arg(image).arg(at);
        ran(mount).then(|| Self { at: at.to_owned() })
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let begun = Instant::now();
        while !ran(Command::new("umount").arg(&self.at)) && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Stops the process where it is, and waits until it stands.
fn stand_still(id: u32) {
    assert!(ran(Command::new("kill").args(["-STOP", &id.to_string()])));
    let begun = Instant::now();
    let stands = || {
        let tasks = fs::read_dir(format!("/proc/{id}/task")).expect("it lives");
        tasks.flatten().all(|task| {
            let stat = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
            stat.rsplit(") ")
                .next()
                .is_some_and(|rest| rest.starts_with('T'))
        })
    };
    while !stands() {
        assert!(begun.elapsed() < PATIENCE, "it goes on");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[derive(Default)]
struct Outcome {
    missing: Vec<String>,
    /// Images in which something that was written had not come to the disk.
    behind: usize,
    commits: u64,
}

async fn lose_power(images: usize, durability: &str) -> Option<Outcome> {
    let dir = tempfile::tempdir().expect("a directory");
    let image = dir.path().join("image");
    let disk = Disk::make(&image, &dir.path().join("mounted"))?;
    let store = disk.at.join("store");
    let mut outcome = Outcome::default();
    let mut before = HashMap::new();
    for round in 0..images {
        let mut writer = Writer::start(&store, durability);
        writer.read(50 + 337 * (round % 7));
        stand_still(writer.child.id());
        let copy = dir.path().join("copy");
        fs::copy(&image, &copy).expect("copied");
        let witness = fs::read(store.join("acknowledged")).expect("a witness");
        writer.child.kill().expect("killed");
        let acknowledged = writer.rest();

        let lost = Disk::mount(&copy, &dir.path().join("lost")).expect("it was mounted before");
        let store = lost.at.join("store");
        outcome.behind += usize::from(fs::read(store.join("acknowledged")).ok() != Some(witness));
        match EmbeddedStore::open(&store, options(Durability::Fsync)) {
            Ok(store) => {
                let found = missing(&store, &acknowledged, &mut before.clone()).await;
                outcome.missing.extend(found);
            }
            Err(error) => outcome.missing.push(error.to_string()),
        }
        drop(lost);
        before.extend(acknowledged);
        outcome.commits = before.values().sum();
    }
    Some(outcome)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_the_loss_of_power() {
    let images = std::env::var("POWER_LOSSES").ok();
    let images = images.and_then(|images| images.parse().ok());
    let images = images.unwrap_or(IMAGES);
    let Some(outcome) = lose_power(images, "fsync").await else {
        println!(
            "nobody may mount a file system here: only sectors are lost, in `committer::tests::power`"
        );
        return;
    };
    assert_eq!(outcome.missing, Vec::<String>::new());
    assert!(outcome.commits > 50 * images as u64, "{}", outcome.commits);
    assert!(
        outcome.behind * 2 >= images,
        "{} images had all",
        outcome.behind
    );
    // The planted mistake: a writer that acknowledges and does not sync.
    let planted = lose_power(2, "process").await.expect("as before");
    assert!(
        !planted.missing.is_empty(),
        "what is not synced is there, too"
    );
}
