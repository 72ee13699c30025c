//! Files that were not finished: the database removes them when it is opened the next time, and a
//! full disk needs their room now.

use std::collections::HashSet;
use std::fs;

use fjall::{AbstractTree as _, Keyspace};

/// Where the database has the files of a table; their names are numbers.
const FOLDER: &str = "tables";

/// Removes the files from `first` on that are none of the table's. Nobody may be adding any.
pub(super) fn remove(keyspace: &Keyspace, first: u64) {
    let version = keyspace.tree.current_version();
    let known: HashSet<u64> = version.iter_tables().map(|file| file.id()).collect();
    let Ok(files) = fs::read_dir(keyspace.path().join(FOLDER)) else {
        // Without a descriptor they stay until the next start.
        return;
    };
    for path in files.flatten().map(|file| file.path()) {
        let name = path.file_name().and_then(|name| name.to_str());
        let number = name.and_then(|name| name.parse::<u64>().ok());
        // Those before are older, and may be read by somebody who began before they were merged.
        if number.is_some_and(|number| number >= first && !known.contains(&number)) {
            let removed = fs::remove_file(&path);
            tracing::debug!(file = %path.display(), ?removed, "what a failure left");
        }
    }
}
