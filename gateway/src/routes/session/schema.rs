//! What `/api/session` takes and gives, in the document.

use serde_json::{Value, json};

use crate::identity::Role;
use crate::schema::{KEY, Object, Schemas, about};

fn roles() -> Vec<&'static str> {
    Role::ALL.iter().map(|role| role.name()).collect()
}

pub(super) fn sign_in(schemas: &mut Schemas) -> Value {
    let token = about(
        "What an operator has given somebody.",
        json!({"type": "string"}),
    );
    let role = about("Whom to be.", json!({"type": "string", "enum": roles()}));
    // The admin of the demo is nobody's, which an empty text says too.
    let subject = json!({"type": "string", "pattern": "^[A-Za-z0-9._:-]{0,128}$"});
    let subject = json!({"anyOf": [subject, {"type": "null"}]});
    let subject = about(
        "The customer, the driver or the restaurant that the role is about.",
        subject,
    );
    let lent = Object::default().with("role", role, true);
    let lent = lent.with("subject", subject, false).done();
    // By a name, since generators of clients stumble over an object within a choice.
    let lent = schemas.name("LentRole", lent);
    let lent = about("A role of the demo, on its own machine.", lent);
    let by_token = Object::default().with("token", token, true).done();
    let by_role = Object::default().with("demoRole", lent, true).done();
    json!({"anyOf": [by_token, by_role]})
}

pub(super) fn told(schemas: &mut Schemas) -> Value {
    let text = |what: &str| about(what, json!({"type": "string"}));
    let time = |what: &str| about(what, json!({"type": "string", "format": "date-time"}));
    let role = json!({"type": "string", "enum": roles()});
    let key = json!({"type": "string", "pattern": KEY});
    let who = {
        let mut all = roles();
        all.extend(["local", "nobody"]);
        json!({"type": "string", "enum": all})
    };
    let demo_role = Object::default()
        .with("role", about("The role.", role), true)
        .with("subject", text("Who that is; empty of nobody."), true)
        .with(
            "restaurantId",
            about("Where they work.", key.clone()),
            false,
        )
        .with("label", text("For people."), true)
        .done();
    let demo_role = schemas.name("DemoRole", demo_role);
    let demo_roles = json!({"type": "array", "items": demo_role});
    let flag = |what: &str| about(what, json!({"type": "boolean"}));
    let simulates = flag("Whether a simulation may be asked for.");
    let operates = flag("Whether they may look at silos and modules.");
    let ui = json!({"type": "string", "enum": ["present", "absent"]});
    Object::default()
        .with("role", about("Who asks.", who), true)
        .with(
            "subject",
            text("The customer, driver or restaurant that they are; empty of nobody."),
            true,
        )
        .with("restaurantId", about("Where they work.", key), false)
        .with(
            "expiresAt",
            time("When the session ends unless it is used."),
            false,
        )
        .with("canSimulate", simulates, true)
        .with("canOperate", operates, true)
        .with(
            "demoRoles",
            about("Whom one may be without a token.", demo_roles),
            true,
        )
        .with("serverTime", time("The date of the silos."), true)
        .with(
            "version",
            text("The build of the program and its pages."),
            true,
        )
        .with(
            "durability",
            text("What an acknowledgement survives."),
            false,
        )
        .with(
            "dataPath",
            text("Where things are kept, for whoever may look at everything."),
            false,
        )
        .with(
            "ui",
            about("Whether the pages are in this build.", ui),
            true,
        )
        .done()
}
