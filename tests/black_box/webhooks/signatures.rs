//! Signatures, checked by those who have nothing of ours: the Python library of the specification, and what
//! the documentation tells receivers to write.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::json;

use crate::webhooks::receiver::{Delivery, Receiver};
use crate::webhooks::world::{SECRET, World, section};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// Asks both, and prints what they say.
const ASK: &str = r#"
import json, sys
from standardwebhooks.webhooks import Webhook

given = json.load(sys.stdin)
secret, headers, body = given["secret"], given["headers"], given["body"].encode()
ours = verify([secret], headers, body)
try:
    Webhook(secret).verify(body, headers)
    theirs = True
except Exception:
    theirs = False
print(json.dumps([ours, theirs]))
"#;

static PYTHON: LazyLock<PathBuf> = LazyLock::new(|| {
    let output = Command::new(format!("{ROOT}/scripts/webhook-tools")).output();
    let output = output.expect("it starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    PathBuf::from(folder).join("python/bin/python3")
});

/// The first Python of the page for receivers.
fn documented() -> String {
    let page = std::fs::read_to_string(format!("{ROOT}/docs/webhooks.md")).expect("a page");
    let (_, after) = page.split_once("```python\n").expect("an example");
    after.split_once("```").expect("its end").0.to_owned()
}

/// Whether both take it for signed with this secret; they have to agree.
pub(crate) fn verified(secret: &str, told: &Delivery) -> bool {
    let given = json!({
        "secret": secret,
        "headers": {
            "webhook-id": told.id,
            "webhook-timestamp": told.timestamp,
            "webhook-signature": told.signature,
        },
        "body": String::from_utf8_lossy(&told.body),
    });
    let mut python = Command::new(&*PYTHON)
        .args(["-c", &(documented() + ASK)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = python.stdin.take().expect("it is piped");
    stdin
        .write_all(given.to_string().as_bytes())
        .expect("it reads");
    drop(stdin);
    let output = python.wait_with_output().expect("it ends");
    let said: [bool; 2] = serde_json::from_slice(&output.stdout).expect("what both say");
    assert_eq!(said[0], said[1], "{told:?}");
    said[0]
}

#[test]
fn a_secret_is_replaced_while_receivers_know_either() {
    const NEW: &str = "whsec_dGhlIG5ldyBzZWNyZXQgaGFzIDI0IGJ5dGVzIQ==";
    let receiver = Receiver::start();
    let of = |secrets: &str| section(&receiver, &format!("secrets = [{secrets}]"));
    let mut world = World::new(&of(&format!("\"{SECRET}\"")));
    let mut told = 0;
    for (secrets, old, new) in [
        (None, true, false),
        (Some(format!("\"{NEW}\", \"{SECRET}\"")), true, true),
        (Some(format!("\"{NEW}\"")), false, true),
    ] {
        if let Some(secrets) = secrets {
            world = world.restart(&of(&secrets));
            // What the cooks did meanwhile came first.
            told = receiver.deliveries().len();
        }
        world.pizza.order();
        let mut delivery = receiver.acknowledged(told + 1).remove(told);
        assert_eq!(verified(SECRET, &delivery), old);
        assert_eq!(verified(NEW, &delivery), new);
        delivery.body.push(b' ');
        assert!(!verified(NEW, &delivery) && !verified(SECRET, &delivery));
        told += 1;
    }
}
