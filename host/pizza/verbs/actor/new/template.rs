//! The files of a new project, with the name filled in.

use super::name::Name;
use super::sdk::Sdk;

/// Each file's path in the project, and its text as long as there is no name in it.
const FILES: [(&str, &str); 6] = [
    ("Cargo.toml", include_str!("template/Cargo.toml.in")),
    ("README.md", include_str!("template/README.md.in")),
    (".gitignore", include_str!("template/gitignore.in")),
    ("src/lib.rs", include_str!("template/lib.rs.in")),
    ("wit/{{name}}.wit", include_str!("template/actor.wit.in")),
    // The versions that this program was tested with; cargo drops those that are not needed.
    (
        "Cargo.lock",
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock")),
    ),
];

/// The files of a project: their paths and texts.
///
/// # Errors
/// When the checkout's contracts cannot be read.
pub(super) fn files(name: &Name, sdk: &Sdk) -> anyhow::Result<Vec<(String, String)>> {
    let words = [
        ("{{name}}", name.as_str().to_owned()),
        ("{{module}}", name.module()),
        ("{{type}}", name.rust_type()),
        ("{{rust}}", env!("CARGO_PKG_RUST_VERSION").to_owned()),
        ("{{sdk}}", sdk.dependency()),
        ("{{where}}", sdk.described().to_owned()),
    ];
    let fill = |text: &str| {
        let words = words.iter();
        words.fold(text.to_owned(), |text, (mark, word)| {
            text.replace(mark, word)
        })
    };
    let own = FILES.iter().map(|(path, text)| (fill(path), fill(text)));
    let mut files: Vec<_> = own.collect();
    files.extend(sdk.files()?);
    Ok(files)
}
