// The list of pages for the program: each file with its type, its hash, and its packed forms, made here, once and as
// small as can be. What is packed is not in the program as it was before.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

/// Content types by the end of a name, and whether packing makes such a file smaller.
const TYPES: [(&str, &str, bool); 13] = [
    ("html", "text/html; charset=utf-8", true),
    ("js", "text/javascript; charset=utf-8", true),
    ("mjs", "text/javascript; charset=utf-8", true),
    ("css", "text/css; charset=utf-8", true),
    ("json", "application/json", true),
    ("webmanifest", "application/manifest+json", true),
    ("svg", "image/svg+xml", true),
    ("txt", "text/plain; charset=utf-8", true),
    ("ico", "image/x-icon", true),
    ("wasm", "application/wasm", true),
    ("png", "image/png", false),
    ("webp", "image/webp", false),
    ("woff2", "font/woff2", false),
];
/// Below this a packed form saves less than its header costs.
const PACKED_BYTES_MIN: usize = 512;

/// Writes the packed forms into `packed`, and gives the expression of the list.
pub(crate) fn list(folder: &Path, packed: &Path, are_present: bool) -> Result<String, String> {
    let failed = |e: std::io::Error| format!("{}: {e}", packed.display());
    if packed.exists() {
        fs::remove_dir_all(packed).map_err(failed)?;
    }
    fs::create_dir_all(packed).map_err(failed)?;
    let mut files = Vec::new();
    found(folder, folder, &mut files).map_err(|e| format!("{}: {e}", folder.display()))?;
    files.sort();
    let mut whole = blake3::Hasher::new();
    let mut list = String::new();
    for (number, path) in files.iter().enumerate() {
        let bytes = fs::read(folder.join(path)).map_err(|e| format!("{path}: {e}"))?;
        let hash = blake3::hash(&bytes);
        whole.update(path.as_bytes()).update(hash.as_bytes());
        let (content_type, is_packed) = type_of(path);
        let content = if is_packed && bytes.len() >= PACKED_BYTES_MIN {
            format!(
                "Packed {{ gzip: {}, brotli: {} }}",
                kept(packed, &format!("{number}.gz"), &gzipped(&bytes)?)?,
                kept(packed, &format!("{number}.br"), &by_brotli(&bytes)?)?,
            )
        } else {
            format!(
                "Plain({})",
                kept(packed, &format!("{number}.plain"), &bytes)?
            )
        };
        let hash = &hash.to_hex()[..20];
        let _ = writeln!(
            list,
            "    pizza_gateway::PageFile {{ path: {:?}, content_type: {content_type:?}, \
             hash: {hash:?}, content: pizza_gateway::PageContent::{content} }},",
            format!("/{path}"),
        );
    }
    let build = &whole.finalize().to_hex()[..12];
    Ok(format!(
        "pizza_gateway::Pages {{ are_present: {are_present}, build: {build:?}, files: &[\n{list}] }}\n"
    ))
}

/// Writes a form into the folder, and gives the expression of its bytes. Also what is not packed is copied: the list
/// must not change with the folder that it was made of.
fn kept(packed: &Path, name: &str, form: &[u8]) -> Result<String, String> {
    let file = packed.join(name);
    fs::write(&file, form).map_err(|e| format!("{}: {e}", file.display()))?;
    Ok(format!("include_bytes!({:?})", file.display().to_string()))
}

/// The files below the folder by their paths with slashes. Maps for debugging stay out, and what is
/// hidden: a list for tools, for one.
fn found(folder: &Path, at: &Path, files: &mut Vec<String>) -> std::io::Result<()> {
    for entry in fs::read_dir(at)? {
        let path: PathBuf = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            found(folder, &path, files)?;
        } else if path.extension().is_none_or(|end| end != "map")
            && let Ok(below) = path.strip_prefix(folder)
        {
            let steps = below.components();
            let steps = steps.map(|step| step.as_os_str().to_string_lossy().into_owned());
            files.push(steps.collect::<Vec<_>>().join("/"));
        }
    }
    Ok(())
}

fn type_of(path: &str) -> (&'static str, bool) {
    let end = path.rsplit('.').next().unwrap_or_default();
    let known = TYPES.iter().find(|(known, ..)| *known == end);
    known.map_or(("application/octet-stream", false), |(_, of, packed)| {
        (of, *packed)
    })
}

fn gzipped(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.map_err(|e| format!("gzip: {e}"))
}

fn by_brotli(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut packed = Vec::new();
    let best = brotli::enc::BrotliEncoderParams::default();
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &best)
        .map_err(|e| format!("brotli: {e}"))?;
    Ok(packed)
}
