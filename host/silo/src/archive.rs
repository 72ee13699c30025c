//! What is retired is kept in files of JSON lines: one line an actor, as `pizza actor export` has
//! it. Each type has a file a day, and another one when that is full.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use parking_lot::Mutex;
use pizza_runtime::Archive;
use pizza_store::StoredActor;
use pizza_types::ActorId;

use crate::admin;

/// Its owner alone may read what is in them.
const FILE_MODE: u32 = 0o600;
const DIR_MODE: u32 = 0o700;

/// Files of JSON lines in a directory.
pub(crate) struct JsonLines {
    files: Arc<Mutex<Files>>,
}

struct Files {
    dir: PathBuf,
    /// A file that has so many bytes gets no more lines.
    bytes_max: u64,
    /// The file of each type that is written to at present.
    open: HashMap<String, Open>,
}

struct Open {
    day: String,
    file: File,
    bytes: u64,
}

impl JsonLines {
    pub(crate) fn new(dir: PathBuf, bytes_max: u64) -> Self {
        let open = HashMap::new();
        let files = Files {
            dir,
            bytes_max,
            open,
        };
        Self {
            files: Arc::new(Mutex::new(files)),
        }
    }
}

#[async_trait]
impl Archive for JsonLines {
    async fn keep(&self, at_ms: u64, actors: Vec<(ActorId, StoredActor)>) -> io::Result<()> {
        let files = Arc::clone(&self.files);
        // Off the threads of the turns: it waits for the disk.
        let kept = tokio::task::spawn_blocking(move || files.lock().keep(at_ms, &actors));
        kept.await.map_err(io::Error::other)?
    }
}

impl Files {
    fn keep(&mut self, at_ms: u64, actors: &[(ActorId, StoredActor)]) -> io::Result<()> {
        let day = day(at_ms);
        let mut by_type: HashMap<&str, Vec<u8>> = HashMap::new();
        for actor in actors {
            let lines = by_type.entry(actor.0.actor_type()).or_default();
            serde_json::to_writer(&mut *lines, &admin::whole(actor))?;
            lines.push(b'\n');
        }
        for (actor_type, lines) in by_type {
            if let Err(error) = self.append(actor_type, &day, &lines) {
                // Whatever is in it now, it is looked at anew before the next line.
                self.open.remove(actor_type);
                return Err(error);
            }
        }
        Ok(())
    }

    fn append(&mut self, actor_type: &str, day: &str, lines: &[u8]) -> io::Result<()> {
        let bytes_max = self.bytes_max;
        let is_fit = |open: &Open| open.day == day && open.bytes < bytes_max;
        if !self.open.get(actor_type).is_some_and(is_fit) {
            let found = open(&self.dir, actor_type, day, bytes_max)?;
            self.open.insert(actor_type.to_owned(), found);
        }
        let Some(open) = self.open.get_mut(actor_type) else {
            return Ok(());
        };
        open.file.write_all(lines)?;
        open.file.sync_data()?;
        open.bytes += lines.len() as u64;
        Ok(())
    }
}

/// The date in UTC.
fn day(at_ms: u64) -> String {
    let at = i64::try_from(at_ms).ok();
    let at = at.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let at = at.unwrap_or(Timestamp::MAX).to_string();
    // What is before the time of day.
    at.split('T').next().unwrap_or_default().to_owned()
}

/// The last file of the day, or the next one when that is full.
fn open(dir: &Path, actor_type: &str, day: &str, bytes_max: u64) -> io::Result<Open> {
    DirBuilder::new()
        .recursive(true)
        .mode(DIR_MODE)
        .create(dir)?;
    let prefix = format!("{actor_type}-{day}-");
    let mut last = 0;
    for file in fs::read_dir(dir)? {
        let name = file?.file_name().into_string().unwrap_or_default();
        let number = name
            .strip_prefix(&prefix)
            .and_then(|rest| rest.strip_suffix(".jsonl"));
        let number = number.and_then(|number| number.parse::<u64>().ok());
        last = last.max(number.unwrap_or(0));
    }
    let path = |number| dir.join(format!("{prefix}{number}.jsonl"));
    if last > 0 && fs::metadata(path(last))?.len() < bytes_max {
        return reopen(&path(last), day);
    }
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(FILE_MODE)
        .open(path(last + 1))?;
    // The name is durable once its directory is.
    File::open(dir)?.sync_all()?;
    Ok(Open {
        day: day.to_owned(),
        file,
        bytes: 0,
    })
}

/// Opens a file to go on behind its last whole line. What a crash has left of another one was not
/// acknowledged: its actor is still in the store, and comes again.
fn reopen(path: &Path, day: &str) -> io::Result<Open> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let bytes = whole_lines(&mut file)?;
    file.set_len(bytes)?;
    file.seek(SeekFrom::End(0))?;
    Ok(Open {
        day: day.to_owned(),
        file,
        bytes,
    })
}

/// How many bytes there are up to the last end of a line.
fn whole_lines(file: &mut File) -> io::Result<u64> {
    const PIECE: u64 = 64 << 10;
    let mut end = file.metadata()?.len();
    let mut piece = Vec::new();
    while end > 0 {
        let begin = end.saturating_sub(PIECE);
        piece.resize(usize::try_from(end - begin).unwrap_or(0), 0);
        file.seek(SeekFrom::Start(begin))?;
        file.read_exact(&mut piece)?;
        if let Some(at) = piece.iter().rposition(|byte| *byte == b'\n') {
            return Ok(begin + at as u64 + 1);
        }
        end = begin;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::PermissionsExt as _;

    use bytes::Bytes;
    use pizza_store::ActorRecord;
    use pizza_types::SiloId;
    use serde_json::Value;

    use super::*;

    const DAY_MS: u64 = 86_400_000;
    const NOW_MS: u64 = 1_800_000_000_000;

    fn ended(key: &str) -> (ActorId, StoredActor) {
        let id = ActorId::new("meter", key).expect("legal");
        let record = ActorRecord {
            state: None,
            version: 3,
            epoch: 1,
            owner: SiloId::of("silo", 1),
            module: None,
            ended_ms: Some(NOW_MS),
        };
        let entries = BTreeMap::from([("a".into(), Bytes::from_static(b"\x01"))]);
        let reminders = BTreeMap::new();
        (
            id,
            StoredActor {
                record,
                entries,
                more: false,
                reminders,
            },
        )
    }

    fn lines(path: &Path) -> Vec<Value> {
        let text = fs::read_to_string(path).expect("readable");
        let lines = text.lines();
        lines
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }

    fn keys(path: &Path) -> Vec<String> {
        let lines = lines(path).into_iter();
        lines
            .map(|line| line["actor"].as_str().expect("an actor").to_owned())
            .collect()
    }

    #[tokio::test]
    async fn each_day_has_a_file_of_its_owner_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = dir.path().join("archive");
        let archive = JsonLines::new(at.clone(), 1 << 20);
        let kept = archive.keep(NOW_MS, vec![ended("1"), ended("2")]).await;
        kept.expect("kept");
        let kept = archive.keep(NOW_MS + DAY_MS, vec![ended("3")]).await;
        kept.expect("kept");
        let first = at.join("meter-2027-01-15-1.jsonl");
        assert_eq!(keys(&first), ["meter/1", "meter/2"]);
        assert_eq!(lines(&first)[0]["ended"], "2027-01-15T08:00:00.000Z");
        assert_eq!(keys(&at.join("meter-2027-01-16-1.jsonl")), ["meter/3"]);
        let mode = fs::metadata(first).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let mode = fs::metadata(at).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[tokio::test]
    async fn a_full_file_is_followed_by_another() {
        let dir = tempfile::tempdir().expect("a directory");
        let archive = JsonLines::new(dir.path().to_owned(), 1);
        for key in ["1", "2", "3"] {
            let kept = archive.keep(NOW_MS, vec![ended(key)]).await;
            kept.expect("kept");
        }
        for number in 1..=3 {
            let path = dir.path().join(format!("meter-2027-01-15-{number}.jsonl"));
            assert_eq!(keys(&path), [format!("meter/{number}")]);
        }
    }

    #[tokio::test]
    async fn a_torn_line_is_cut_off_before_the_next() {
        let dir = tempfile::tempdir().expect("a directory");
        let archive = || JsonLines::new(dir.path().to_owned(), 1 << 20);
        let kept = archive().keep(NOW_MS, vec![ended("1"), ended("2")]).await;
        kept.expect("kept");
        let path = dir.path().join("meter-2027-01-15-1.jsonl");
        let whole = fs::read(&path).expect("readable");
        let first = 1 + whole.iter().position(|byte| *byte == b'\n').expect("lines");
        for torn in [first, first + 1, whole.len() - 1] {
            let mut bytes = whole[..torn].to_vec();
            // A file may also have got its length before its bytes.
            bytes.extend([0; 100_000]);
            fs::write(&path, bytes).expect("written");
            let kept = archive().keep(NOW_MS, vec![ended("3")]).await;
            kept.expect("kept");
            assert_eq!(keys(&path), ["meter/1", "meter/3"], "torn at {torn}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_kept_is_said() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("file");
        fs::write(&file, "in the way").expect("written");
        let archive = JsonLines::new(file, 1 << 20);
        let kept = archive.keep(NOW_MS, vec![ended("1")]).await;
        kept.expect_err("there is no directory");
    }
}
