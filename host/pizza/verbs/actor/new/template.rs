//! The files of a new project, with the name filled in.

use clap::ValueEnum;
use serde::Deserialize;

use super::name::Name;
use super::sdk::{self, Sdk};

/// The language of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Language {
    Rust,
    /// JavaScript, with QuickJS in the component
    Js,
    /// Python, with CPython in the component
    Python,
}

/// A file's path in the project, and its text, as long as there is no name in them.
type File = (&'static str, &'static str);

const ACTOR_TOML: &str = include_str!("template/actor.toml.in");
const WIT: File = ("wit/{{name}}.wit", include_str!("template/actor.wit.in"));

const RUST: &[File] = &[
    WIT,
    ("Cargo.toml", include_str!("template/rust/Cargo.toml.in")),
    ("README.md", include_str!("template/rust/README.md.in")),
    (".gitignore", include_str!("template/rust/gitignore.in")),
    ("src/lib.rs", include_str!("template/rust/lib.rs.in")),
    // The versions that this program was tested with; cargo drops those that are not needed.
    (
        "Cargo.lock",
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock")),
    ),
];

const JS: &[File] = &[
    WIT,
    ("package.json", include_str!("template/js/package.json.in")),
    (
        "package-lock.json",
        include_str!("template/js/package-lock.json.in"),
    ),
    ("README.md", include_str!("template/js/README.md.in")),
    (".gitignore", include_str!("template/js/gitignore.in")),
    ("build.mjs", include_str!("template/js/build.mjs.in")),
    ("manifest.mjs", include_str!("template/js/manifest.mjs.in")),
    ("src/actor.js", include_str!("template/js/actor.js.in")),
    (
        "test/actor.test.mjs",
        include_str!("template/js/actor.test.mjs.in"),
    ),
];
/// What an actor in JavaScript has in the place of the SDK.
const JS_SILO: &[File] = &[
    ("silo/state.js", include_str!("template/js/state.js.in")),
    ("silo/calls.js", include_str!("template/js/calls.js.in")),
    (
        "silo/testing.mjs",
        include_str!("template/js/testing.mjs.in"),
    ),
    ("silo/hooks.mjs", include_str!("template/js/hooks.mjs.in")),
];

const PYTHON: &[File] = &[
    WIT,
    (
        "requirements.txt",
        include_str!("template/python/requirements.txt.in"),
    ),
    ("README.md", include_str!("template/python/README.md.in")),
    (".gitignore", include_str!("template/python/gitignore.in")),
    ("build.py", include_str!("template/python/build.py.in")),
    (
        "manifest.py",
        include_str!("template/python/manifest.py.in"),
    ),
    ("src/actor.py", include_str!("template/python/actor.py.in")),
    (
        "test_actor.py",
        include_str!("template/python/test_actor.py.in"),
    ),
];
/// What an actor in Python has in the place of the SDK.
const PYTHON_SILO: &[File] = &[
    ("silo/__init__.py", ""),
    ("silo/state.py", include_str!("template/python/state.py.in")),
    ("silo/calls.py", include_str!("template/python/calls.py.in")),
    (
        "silo/testing.py",
        include_str!("template/python/testing.py.in"),
    ),
];

/// What a component in Rust imports, it imports by what it uses.
const IMPORTS_ALL: &str = "    include silo:actor/host@0.1.0;";
/// Other tools import all that the world names.
const IMPORTS_NAMED: &str = "    import silo:actor/context@0.1.0;
    import silo:actor/state@0.1.0;
    import silo:actor/log@0.1.0;
    //+timer import silo:actor/timers@0.1.0;
    //+reminder import silo:actor/reminders@0.1.0;
    //+stream import silo:actor/streams@0.1.0;
    //+call import silo:actor/calls@0.1.0;";

impl Language {
    /// How a component is made of the project, as `actor.toml` says it.
    pub(super) fn build(self) -> &'static str {
        match self {
            Self::Rust => "cargo build --target wasm32-wasip2 --release",
            Self::Js => "npm run --silent build",
            Self::Python => ".venv/bin/python build.py",
        }
    }

    pub(super) fn component(self) -> &'static str {
        match self {
            Self::Rust => "target/wasm32-wasip2/release/{{module}}.wasm",
            Self::Js | Self::Python => "{{name}}.wasm",
        }
    }

    /// The build while somebody waits for each, where it is another one.
    fn quick(self) -> (&'static str, &'static str) {
        match self {
            Self::Rust => (
                "cargo build --target wasm32-wasip2 --profile quick",
                "target/wasm32-wasip2/quick/{{module}}.wasm",
            ),
            Self::Js | Self::Python => (self.build(), self.component()),
        }
    }

    fn sources(self) -> &'static str {
        match self {
            Self::Rust => r#""src", "wit", "Cargo.toml""#,
            Self::Js => r#""src", "silo", "wit", "manifest.mjs", "build.mjs""#,
            Self::Python => r#""src", "silo", "wit", "manifest.py", "build.py""#,
        }
    }

    /// Where the platform's contracts are in a project.
    pub(crate) fn platform(self) -> &'static str {
        match self {
            Self::Rust => "wit/silo",
            Self::Js | Self::Python => "wit/deps/silo",
        }
    }

    /// Where a project has the contracts of other actors.
    pub(crate) fn packages(self) -> &'static str {
        match self {
            Self::Rust => "wit",
            Self::Js | Self::Python => "wit/deps",
        }
    }

    /// As `actor.toml` and `--lang` name it.
    fn word(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Js => "js",
            Self::Python => "python",
        }
    }

    fn own(self) -> &'static [File] {
        match self {
            Self::Rust => RUST,
            Self::Js => JS,
            Self::Python => PYTHON,
        }
    }

    fn imports(self) -> &'static str {
        match self {
            Self::Rust => IMPORTS_ALL,
            Self::Js | Self::Python => IMPORTS_NAMED,
        }
    }
}

/// A project in a language, with its name filled in.
pub(super) struct Template<'a> {
    pub(super) name: &'a Name,
    pub(super) language: Language,
    pub(super) sdk: &'a Sdk,
}

impl Template<'_> {
    /// The files that are the author's from now on: their paths and texts.
    pub(super) fn own(&self) -> Vec<(String, String)> {
        let mut files: Vec<_> = self.filled(self.language.own()).collect();
        files.extend(self.filled(&[("actor.toml", ACTOR_TOML)]));
        files
    }

    fn filled(&self, files: &'static [File]) -> impl Iterator<Item = (String, String)> {
        let (name, language) = (self.name, self.language);
        let (quick, quick_component) = language.quick();
        let words = [
            // First those whose text has others in it.
            ("{{imports}}", language.imports().to_owned()),
            ("{{lang}}", language.word().to_owned()),
            ("{{quick}}", quick.to_owned()),
            ("{{component}}", quick_component.to_owned()),
            ("{{name}}", name.as_str().to_owned()),
            ("{{module}}", name.module()),
            ("{{type}}", name.rust_type()),
            ("{{camel}}", name.camel()),
            ("{{rust}}", env!("CARGO_PKG_RUST_VERSION").to_owned()),
            ("{{sdk}}", self.sdk.dependency()),
            ("{{where}}", self.sdk.described().to_owned()),
            ("{{sources}}", language.sources().to_owned()),
        ];
        let fill = move |text: &str| {
            let words = words.iter();
            words.fold(text.to_owned(), |text, (mark, word)| {
                text.replace(mark, word)
            })
        };
        files
            .iter()
            .map(move |(path, text)| (fill(path), fill(text)))
    }
}

/// The files of a project that stay the platform's.
///
/// # Errors
/// When the checkout's contracts cannot be read.
pub(super) fn vendored(language: Language, sdk: &Sdk) -> anyhow::Result<Vec<(String, String)>> {
    let beside = match language {
        Language::Rust => return sdk.files(),
        Language::Js => JS_SILO,
        Language::Python => PYTHON_SILO,
    };
    let mut files = sdk::contracts(language.platform());
    let texts = beside.iter();
    // There is no name in any of them.
    files.extend(texts.map(|(path, text)| ((*path).to_owned(), (*text).to_owned())));
    Ok(files)
}
