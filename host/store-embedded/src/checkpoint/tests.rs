//! A crash between each two steps of a checkpoint: a copy of the directory is taken there, as a
//! process leaves it that is killed, and opened.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::Step;
use crate::EmbeddedStore;
use crate::store::Seams;
use crate::table::Table;
use crate::testing::every_table::{
    ROWS, Seen, WITH_MEANING, change, commit_all, force, options, rows, write,
};

/// The folder of the table `system`: keyspaces are numbered from 1 in the order of `Table::ALL`.
const SYSTEM: usize = Table::System as usize + 1;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for file in fs::read_dir(from).expect("listed") {
        let path = file.expect("listed").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("copied");
        }
    }
}

/// What a store has, and copies of it at every step of its last checkpoint.
async fn images(into: &Path) -> (Vec<Seen>, Vec<(Step, PathBuf)>) {
    let dir = tempfile::tempdir().expect("a directory");
    let taken: Arc<Mutex<Vec<(Step, PathBuf)>>> = Arc::default();
    let (takes, is_quiet) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
    let (at, to) = (dir.path().to_owned(), into.to_owned());
    let (of_steps, are_taken, quiet) = (taken.clone(), takes.clone(), is_quiet.clone());
    let seams = Seams {
        steps: Arc::new(move |step| {
            let mut taken = of_steps.lock().expect("unpoisoned");
            let has_begun = step == Step::Begun || !taken.is_empty();
            let is_over = taken.iter().any(|(step, _)| *step == Step::Released);
            if are_taken.load(Ordering::SeqCst) && has_begun && !is_over {
                // A copy takes a while, in which nobody may write.
                while !quiet.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(1));
                }
                let image = to.join(taken.len().to_string());
                copy(&at, &image);
                taken.push((step, image));
            }
        }),
        ..Seams::default()
    };
    let store = EmbeddedStore::open_with(dir.path(), &options(), seams).expect("opened");
    let tables = Table::ALL.into_iter();
    let tables: Vec<_> = tables.filter(|t| !WITH_MEANING.contains(t)).collect();
    let all = |value: fn(u32) -> Option<u32>| {
        let rows = tables.iter().flat_map(|t| (0..ROWS).map(|n| (*t, n)));
        rows.map(move |(table, n)| (table, n, value(n)))
    };
    // The removed ones lie in the database, so that a removal that is lost would show.
    write(&store, all(Some).map(|(t, n, v)| change(t, n, v)).collect()).await;
    commit_all(&store, 0).await;
    force(&store).await;
    while !store.memory().wait_settled(Duration::from_secs(1)) {}
    // The next checkpoint is of what is written now, whether it begins at once or with the filler.
    takes.store(true, Ordering::SeqCst);
    let changes = all(|n| (n % 3 == 1).then_some(n + 1000));
    let changes = changes.filter(|(_, n, _)| n % 3 > 0);
    write(&store, changes.map(|(t, n, v)| change(t, n, v)).collect()).await;
    commit_all(&store, 1).await;

    let expected = rows(&store);
    force(&store).await;
    is_quiet.store(true, Ordering::SeqCst);
    while !taken
        .lock()
        .expect("unpoisoned")
        .iter()
        .any(|(step, _)| *step == Step::Released)
    {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(rows(&store), expected, "the filler leaves nothing");
    let taken = taken.lock().expect("unpoisoned").clone();
    (expected, taken)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_two_steps_loses_and_doubles_nothing() {
    let into = tempfile::tempdir().expect("a directory");
    let (expected, images) = images(into.path()).await;
    for table in Table::ALL.into_iter().filter(|t| *t != Table::System) {
        let of_it = expected.iter().filter(|(of, ..)| *of == table).count();
        assert!(of_it >= 5, "{table:?} has {of_it} rows");
    }
    let steps: Vec<_> = images.iter().map(|(step, _)| *step).collect();
    for step in [Step::Begun, Step::Marked, Step::Settled, Step::Released] {
        assert!(steps.contains(&step), "{step:?} is not in {steps:?}");
    }
    for table in Table::ALL {
        assert!(steps.contains(&Step::Table(table)), "{table:?}");
    }
    for (step, image) in &images {
        for again in 0..2 {
            let store = EmbeddedStore::open(image, options()).expect("opened");
            // The filler may be there or not, for it was being written.
            let fillers = |row: &Seen| !row.1.starts_with(b"filler");
            let found: Vec<_> = rows(&store).into_iter().filter(fillers).collect();
            assert!(
                found == expected,
                "at {step:?}, opened {again} times before"
            );
            // The next checkpoint brings once more what this one brought already.
            force(&store).await;
            while !store.memory().wait_settled(Duration::from_secs(1)) {}
        }
    }
}

/// The planted mistake: a mark that is there before what it speaks of.
#[tokio::test(flavor = "multi_thread")]
async fn a_mark_before_its_rows_is_found_out() {
    let into = tempfile::tempdir().expect("a directory");
    let (expected, images) = images(into.path()).await;
    let at = |wanted: Step| {
        let mut all = images.iter();
        let found = all.find(|(step, _)| *step == wanted);
        found.map(|(_, image)| image.clone()).expect("it was taken")
    };
    let (begun, marked) = (at(Step::Begun), at(Step::Marked));
    let system = Path::new("data/keyspaces").join(SYSTEM.to_string());
    fs::remove_dir_all(begun.join(&system)).expect("removed");
    copy(&marked.join(&system), &begun.join(&system));
    let opened = EmbeddedStore::open(&begun, options());
    let is_found = opened.map_or(true, |store| rows(&store) != expected);
    assert!(is_found, "nothing depends on the order of the steps");
}
