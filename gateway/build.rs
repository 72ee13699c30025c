//! Unpacks what the page at `/docs` is made of: Swagger UI, from the archive that a crate
//! carries, so that neither the build nor the page needs anything from the internet.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{Cursor, Read as _};
use std::path::Path;
use std::{env, fs};

use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;

/// The archive has ten times as much: other bundles, and maps for debugging them.
const FILES: [(&str, &str); 7] = [
    ("index.html", "text/html"),
    ("index.css", "text/css"),
    ("swagger-ui.css", "text/css"),
    ("swagger-ui-bundle.js", "text/javascript"),
    ("swagger-ui-standalone-preset.js", "text/javascript"),
    ("favicon-16x16.png", "image/png"),
    ("favicon-32x32.png", "image/png"),
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = env::var("OUT_DIR")?;
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    let names: Vec<String> = archive.file_names().map(str::to_owned).collect();
    let mut list = String::from("&[\n");
    for (name, content_type) in FILES {
        let wanted = format!("/dist/{name}");
        // Its folder is named for the version.
        let found = names
            .iter()
            .find(|path| path.ends_with(&wanted) && !path.contains("/flavors/"))
            .ok_or_else(|| format!("the archive of Swagger UI has no {name}"))?;
        let mut bytes = Vec::new();
        archive.by_name(found)?.read_to_end(&mut bytes)?;
        let path = Path::new(&out).join(name);
        fs::write(&path, bytes)?;
        let path = path.display().to_string();
        writeln!(
            list,
            "    ({name:?}, {content_type:?}, include_bytes!({path:?})),"
        )?;
    }
    list += "]\n";
    fs::write(Path::new(&out).join("swagger_ui.rs"), list)?;
    Ok(())
}
