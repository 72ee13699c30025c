//! The lists of tables that the database goes by, one list a keyspace: a file `current`
//! names the newest list `v…` and its checksum. The database does not compare it when it
//! opens, and deletes every table that the list does not name, so it is compared here.

use std::fs;
use std::path::Path;

use xxhash_rust::xxh3::xxh3_128;

use crate::error::OpenError;

const CURRENT: &str = "current";

pub(super) fn check(data: &Path) -> Result<(), OpenError> {
    let keyspaces = data.join("keyspaces");
    if !keyspaces.exists() {
        return Ok(());
    }
    let folders = fs::read_dir(&keyspaces).map_err(OpenError::io("list", &keyspaces))?;
    for folder in folders {
        let folder = folder.map_err(OpenError::io("list", &keyspaces))?.path();
        let current = folder.join(CURRENT);
        if current.exists() {
            check_list(&folder, &current)?;
        } else if has_tables(&folder) {
            return Err(OpenError::damaged(&current, "it is not there"));
        }
    }
    Ok(())
}

/// A keyspace without `current` was never finished; the database deletes it.
fn has_tables(folder: &Path) -> bool {
    let tables = fs::read_dir(folder.join("tables"));
    tables.is_ok_and(|mut tables| tables.next().is_some())
}

fn check_list(folder: &Path, current: &Path) -> Result<(), OpenError> {
    let bytes = fs::read(current).map_err(OpenError::io("read", current))?;
    let parsed = bytes.split_first_chunk::<8>().and_then(|(id, rest)| {
        let (sum, _) = rest.split_first_chunk::<16>()?;
        Some((u64::from_le_bytes(*id), u128::from_le_bytes(*sum)))
    });
    let Some((id, expected)) = parsed else {
        let detail = format!("it has {} bytes", bytes.len());
        return Err(OpenError::damaged(current, detail));
    };
    let list = folder.join(format!("v{id}"));
    if !list.exists() {
        return Err(OpenError::damaged(
            current,
            format!("it names v{id}, which is not there"),
        ));
    }
    let bytes = fs::read(&list).map_err(OpenError::io("read", &list))?;
    if xxh3_128(&bytes) != expected {
        return Err(OpenError::damaged(&list, "its checksum does not match"));
    }
    Ok(())
}
