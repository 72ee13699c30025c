//! Where the signature of a component lies, and how it is read.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use hyper::header::HeaderValue;
use serde_json::Value;

/// The file beside a component that holds its signature.
pub(super) fn beside(file: &Path) -> PathBuf {
    // Appended to the whole name: a component's own ending stays readable.
    let mut name = file.as_os_str().to_owned();
    name.push(".sig");
    name.into()
}

/// The signature in the named file, or else in the one beside the component, if it is there.
///
/// # Errors
/// When the file cannot be read or holds no JSON.
pub(super) fn read(file: &Path, named: Option<PathBuf>) -> anyhow::Result<Option<HeaderValue>> {
    let beside = beside(file);
    let path = match named {
        Some(path) => path,
        None if beside.exists() => beside,
        None => return Ok(None),
    };
    let text = std::fs::read_to_string(&path);
    let text = text.with_context(|| format!("reading {}", path.display()))?;
    // Parsed to be written again on one line, as a header needs it.
    let value: Value = serde_json::from_str(&text)
        .with_context(|| format!("{} is no signature", path.display()))?;
    Ok(Some(HeaderValue::try_from(value.to_string())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_looked_for_beside_its_component() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("a.wasm");
        assert!(read(&file, None).expect("none is needed").is_none());
        std::fs::write(dir.path().join("a.wasm.sig"), "{\n \"by\": 1\n}").expect("a file");
        let found = read(&file, None).expect("it is JSON").expect("it is there");
        assert_eq!(found, r#"{"by":1}"#);
        let named = read(&file, Some(dir.path().join("other.sig")));
        assert!(named.is_err(), "a file that was named has to be there");
    }
}
