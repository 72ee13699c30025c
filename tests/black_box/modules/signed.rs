//! A silo that takes only what a trusted key has signed.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

use crate::common::Pizza;
use crate::common::operator::{complained, succeeded};
use crate::modules::fixture::{World, bundled, marked};

fn pizza(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pizza"));
    command.args(words).output().expect("the binary runs")
}

#[test]
fn only_what_a_trusted_key_signed_is_taken() {
    let files = tempfile::tempdir().expect("a directory");
    let dir = files.path().display().to_string();
    for name in ["ours", "chefs", "vendor", "stranger"] {
        succeeded(&pizza(&["key", "new", name, "--dir", &dir]));
    }
    let keys = files.path().to_owned();
    let secret = |name: &str| keys.join(format!("{name}.key"));
    let mode = std::fs::metadata(secret("ours"))
        .expect("a key")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = complained(&pizza(&["key", "new", "ours", "--dir", &dir]));
    assert!(again.contains("exists"), "{again}");
    let list = succeeded(&pizza(&["key", "list", "--dir", &dir]));
    assert!(
        ["ours", "chefs", "vendor", "stranger"]
            .iter()
            .all(|name| list.contains(name)),
        "{list}"
    );

    let public = |name: &str| {
        let text = std::fs::read_to_string(files.path().join(format!("{name}.pub")));
        text.expect("a key").trim().to_owned()
    };
    let config = format!(
        "[silo.modules]\nrequire_signature = true\n\
         [[silo.modules.trusted]]\nname = \"ours\"\npublic_key = \"{}\"\n\
         [[silo.modules.trusted]]\nname = \"chefs\"\npublic_key = \"{}\"\ntypes = [\"chef\"]\n\
         [[silo.modules.trusted]]\nname = \"vendor\"\npublic_key = \"{}\"\ntypes = [\"plugins\"]\n",
        public("ours"),
        public("chefs"),
        public("vendor")
    );
    let config_file = files.path().join("pizza.toml");
    std::fs::write(&config_file, config).expect("a file");
    let data = tempfile::tempdir().expect("a directory");
    let options = ["--config", &config_file.display().to_string()];
    let world = World {
        pizza: Pizza::start(data.path(), &options),
        data,
        files,
    };
    let file = world.file("order.wasm", &marked(&bundled("order"), 1));
    let sign = |name: &str| {
        let key = world.files.path().join(format!("{name}.key"));
        let key = key.display().to_string();
        let words = ["module", "sign", &file, "--key", &key, "--type", "order"];
        succeeded(&pizza(&words));
    };
    let push = || world.cli(&["module", "push", &file, "--type", "order"]);

    assert!(complained(&push()).contains("takes only signed modules"));
    sign("stranger");
    says_what_mends_it(&complained(&push()), &file);
    sign("chefs");
    assert!(complained(&push()).contains("trusted for chef, not for \"order\""));
    sign("ours");
    succeeded(&push());
    let list = world.json(&["module", "list", "order"]);
    assert_eq!(list["modules"][0]["signedBy"], "ours");

    // What was signed for another type is not for this one, no matter who signed it.
    let key = secret("ours").display().to_string();
    let words = ["module", "sign", &file, "--key", &key, "--type", "kitchen"];
    succeeded(&pizza(&words));
    assert!(complained(&push()).contains("it is one for \"kitchen\", not for \"order\""));
    // What an older program signed did not say for what.
    let old = r#"{"public_key": "AAAA", "signature": "AAAA"}"#;
    std::fs::write(format!("{file}.sig"), old).expect("a file");
    assert!(complained(&push()).contains("sign it again: pizza module sign"));
    sign("ours");

    // One byte else, and the signature is for something else.
    world.file("order.wasm", &marked(&bundled("order"), 2));
    assert!(complained(&push()).contains("none of the trusted keys"));
}

#[test]
fn what_came_before_signatures_were_required_does_not_serve_after() {
    let world = World::new(&[]);
    let file = world.file("order.wasm", &marked(&bundled("order"), 7));
    let pushed = world.json(&["module", "push", &file, "--type", "order"]);
    let digest = pushed["module"]["digest"].as_str().expect("a digest");
    let before = world.current("order");
    // A type may be configured before its first module comes.
    let config = "[silo.modules]\nrequire_signature = true\n[silo.types.courier]\n";
    let config = world.file("pizza.toml", config.as_bytes());
    let world = world.restart(&["--config", &config]);
    let refused = complained(&world.cli(&["module", "activate", digest]));
    assert!(refused.contains("takes only signed modules"), "{refused}");
    assert_eq!(world.current("order"), before);
    let last = world.audit("order").swap_remove(0);
    assert_eq!(last["what"], "refused", "{last}");
    world.pizza.order();
}

#[test]
fn a_key_that_is_replaced_takes_its_modules_along() {
    let files = tempfile::tempdir().expect("a directory");
    let dir = files.path().display().to_string();
    for name in ["old", "new"] {
        succeeded(&pizza(&["key", "new", name, "--dir", &dir]));
    }
    // Both go by the name of "release".
    let trusting = |key: &str| {
        let public = std::fs::read_to_string(files.path().join(format!("{key}.pub")));
        let config = format!(
            "[silo.modules]\nrequire_signature = true\n\
             [[silo.modules.trusted]]\nname = \"release\"\npublic_key = \"{}\"\n",
            public.expect("a key").trim()
        );
        let path = files.path().join(format!("{key}.toml"));
        std::fs::write(&path, config).expect("a file");
        path.display().to_string()
    };
    let (old, new) = (trusting("old"), trusting("new"));
    let keys = files.path().to_owned();
    let data = tempfile::tempdir().expect("a directory");
    let world = World {
        pizza: Pizza::start(data.path(), &["--config", &old]),
        data,
        files,
    };
    let file = world.file("order.wasm", &marked(&bundled("order"), 3));
    let push = |world: &World, key: &str| {
        let key = keys.join(format!("{key}.key")).display().to_string();
        let words = ["module", "sign", &file, "--key", &key, "--type", "order"];
        succeeded(&pizza(&words));
        world.json(&["module", "push", &file, "--type", "order"])
    };
    let pushed = push(&world, "old");
    let digest = pushed["module"]["digest"].as_str().expect("a digest");
    let before = world.current("order");

    let world = world.restart(&["--config", &new]);
    let refused = complained(&world.cli(&["module", "activate", digest]));
    assert!(refused.contains("none of the trusted keys"), "{refused}");
    assert_eq!(world.current("order"), before);
    // Signed by the key that has the name now, it is taken.
    push(&world, "new");
    succeeded(&world.cli(&["module", "activate", digest]));
    assert_eq!(world.current("order"), digest);
    let world = world.restart(&["--config", &new]);
    assert_eq!(world.current("order"), digest);
}

/// The place, and what mends it.
fn says_what_mends_it(refused: &str, file: &str) {
    for words in [
        "none of the trusted keys",
        &format!("remove {file}.sig"),
        "[[silo.modules.trusted]]",
    ] {
        assert!(refused.contains(words), "{words}: {refused}");
    }
}
