//! What the API's document says of bodies, held against the running process: what it forbids
//! is refused at its place, and what it allows is not. And what no reader could see is
//! refused at every door.

use crate::common::Pizza;
use serde_json::{Value, json};

/// A body whose one value is within or beyond what is allowed.
struct Probe {
    pointer: String,
    value: Value,
    is_allowed: bool,
}

struct Document(Value);

impl Document {
    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let reference = schema["$ref"].as_str();
        let target = reference.and_then(|reference| self.0.pointer(&reference[1..]));
        target.unwrap_or(schema)
    }

    /// Each form that a schema allows; what may be null is given.
    fn forms<'a>(&'a self, schema: &'a Value) -> Vec<&'a Value> {
        let schema = self.resolved(schema);
        match schema["anyOf"].as_array() {
            Some(choices) => {
                let choices = choices.iter().filter(|choice| choice["type"] != "null");
                choices.flat_map(|choice| self.forms(choice)).collect()
            }
            None => vec![schema],
        }
    }

    /// A value that is allowed, with everything in it.
    fn sample(&self, schema: &Value) -> Value {
        let schema = self.forms(schema)[0];
        if let Some(names) = schema["enum"].as_array() {
            return names[0].clone();
        }
        match schema["type"].as_str() {
            Some("object") => {
                let fields = schema["properties"].as_object().into_iter().flatten();
                let fields = fields.map(|(name, schema)| (name.clone(), self.sample(schema)));
                Value::Object(fields.collect())
            }
            Some("array") => json!([self.sample(&schema["items"])]),
            Some("integer") => json!(1),
            Some("number") => json!(1.5),
            Some("boolean") => json!(true),
            _ if schema["format"] == "date-time" => json!("2026-02-14T19:30:00Z"),
            _ => json!("x"),
        }
    }

    fn probes(&self, schema: &Value, at: &str, found: &mut Vec<Probe>) {
        let schema = self.forms(schema)[0];
        let mut probe = |value: Value, is_allowed| {
            let pointer = at.to_owned();
            found.push(Probe {
                pointer,
                value,
                is_allowed,
            });
        };
        let is_object = schema["type"] == "object";
        let misfit = if is_object {
            json!(7)
        } else {
            json!({"no": ["such", "thing"]})
        };
        probe(misfit, false);
        match schema["type"].as_str() {
            Some("object") => {
                for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
                    self.probes(schema, &format!("{at}/{name}"), found);
                }
            }
            Some("array") => {
                let many = |n: usize| Value::from(vec![self.sample(&schema["items"]); n]);
                if let Some(most) = count(schema, "maxItems") {
                    probe(many(most + 1), false);
                }
                if let Some(least) = count(schema, "minItems").filter(|least| *least > 0) {
                    probe(many(least - 1), false);
                    probe(many(least), true);
                }
                self.probes(&schema["items"], &format!("{at}/0"), found);
            }
            Some("integer") => {
                probe(json!(1.5), false);
                for (bound, beyond) in [("minimum", -1.0), ("maximum", 1.0)] {
                    if let Some(bound) = schema[bound].as_f64() {
                        probe(json!(bound + beyond), false);
                    }
                    if let Some(bound) = schema[bound].as_u64() {
                        probe(json!(bound), true);
                    }
                }
            }
            Some("number") => {
                for (bound, beyond) in [("minimum", -0.001), ("maximum", 0.001)] {
                    if let Some(bound) = schema[bound].as_f64() {
                        probe(json!(bound + beyond), false);
                        probe(json!(bound), true);
                    }
                }
            }
            Some("string") => {
                if let Some(most) = count(schema, "maxLength") {
                    probe(json!("x".repeat(most + 1)), false);
                    probe(json!("é".repeat(most)), true);
                }
                if let Some(least) = count(schema, "minLength").filter(|least| *least > 0) {
                    probe(json!("x".repeat(least - 1)), false);
                }
                if schema["pattern"].is_string() {
                    probe(json!("a\u{202e}b"), false);
                    probe(json!("a\nb"), false);
                }
            }
            _ => {}
        }
    }
}

fn count(schema: &Value, bound: &str) -> Option<usize> {
    let count = schema[bound].as_u64()?;
    Some(usize::try_from(count).expect("small"))
}

/// Asks for each body, with each of its values at its bounds and beyond.
#[test]
fn what_the_document_forbids_is_refused_at_its_place_and_what_it_allows_is_not() {
    let data = tempfile::tempdir().expect("a folder");
    let pizza = Pizza::start(data.path(), &[]);
    let order = pizza.order();
    let document = Document(pizza.get("/openapi.json").json());
    let (mut refused, mut allowed) = (0, 0);
    for (path, item) in document.0["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            if schema.is_null() || path.starts_with("/api/actors/") {
                continue;
            }
            let id = match path.split('/').nth(2) {
                Some("orders") => order.as_str(),
                Some("drivers") => "driver-1",
                _ => "napoli",
            };
            let mut address = path.replace("{id}", id).replace("{order}", &order);
            // Of what may stand there: a path is looked at before its body.
            for (parameter, value) in [("{digest}", "0123abcd"), ("{type}", "order")] {
                address = address.replace(parameter, value);
            }
            // The forms of a body are tried one by one.
            for form in document.forms(schema) {
                let mut probes = Vec::new();
                document.probes(form, "", &mut probes);
                for probe in probes.iter().filter(|probe| !probe.pointer.is_empty()) {
                    let mut body = document.sample(form);
                    *body.pointer_mut(&probe.pointer).expect("a place") = probe.value.clone();
                    let method = method.to_uppercase();
                    let bytes = body.to_string();
                    let sent = Some(bytes.as_bytes());
                    let answer = crate::common::request(pizza.http, &method, &address, &[], sent);
                    let told = format!("{method} {path} {body}: {}", answer.text());
                    assert!(answer.status < 500, "{told}");
                    let errors = answer.json()["errors"]
                        .as_array()
                        .cloned()
                        .unwrap_or_default();
                    let is_told = errors
                        .iter()
                        .any(|error| error["pointer"] == *probe.pointer);
                    assert_ne!(is_told, probe.is_allowed, "{told}");
                    if probe.is_allowed {
                        allowed += 1;
                    } else {
                        assert_eq!(answer.status, 422, "{told}");
                        refused += 1;
                    }
                }
            }
        }
    }
    // A document without bounds would find nothing to forbid.
    assert!(
        refused > 70 && allowed > 20,
        "{refused} refused, {allowed} allowed"
    );
}

/// By the generic door too, by name and by position.
#[test]
fn the_generic_door_tells_all_mistakes_at_once() {
    let data = tempfile::tempdir().expect("a folder");
    let pizza = Pizza::start(data.path(), &[]);
    let items = json!([{"pizzaType": "x".repeat(129), "quantity": "two"}, {"quantity": 100}]);
    let order = json!({"customerId": "a b", "restaurantId": 7, "items": items, "tip": 1,
        "deliveryAddress": "a\u{202e}b"});
    for (arguments, root) in [(json!({"order": order}), "/order"), (json!([order]), "/0")] {
        let answer = pizza.post("/api/actors/order/order-x/create", &arguments);
        assert_eq!(answer.status, 422, "{}", answer.text());
        let problem = answer.json();
        let errors = problem["errors"].as_array().expect("errors");
        let mut places: Vec<&str> = errors
            .iter()
            .filter_map(|e| e["pointer"].as_str())
            .collect();
        places.sort_unstable();
        let expected = [
            "customerId",
            "deliveryAddress",
            "items/0/pizzaType",
            "items/0/quantity",
            "items/1/pizzaType",
            "items/1/quantity",
            "restaurantId",
            "tip",
        ];
        let expected = expected.map(|place| format!("{root}/{place}"));
        assert_eq!(places, expected, "{}", answer.text());
    }
}

/// What shows another text than the one that was written, or another line.
const DECEITS: [&str; 6] = [
    "Via \u{202e}amoR",
    "Via \u{2066}Roma\u{2069}",
    "Via\nRoma",
    "Via\u{0}Roma",
    "\u{1b}[2JVia Roma",
    "Via\u{2028}Roma",
];

#[test]
fn a_text_that_deceives_its_reader_is_refused_at_every_door() {
    let data = tempfile::tempdir().expect("a folder");
    let pizza = Pizza::start(data.path(), &[]);
    let refused = |answer: crate::common::Answer, place: &str| {
        let told = answer.text();
        assert_eq!(answer.status, 422, "{told}");
        assert_eq!(answer.json()["errors"][0]["pointer"], place, "{told}");
    };
    for text in DECEITS {
        let order = json!({"customerId": "c", "pizzaType": "Margherita", "deliveryAddress": text});
        refused(pizza.post("/api/orders", &order), "/deliveryAddress");
        for field in ["customerName", "note", "phone"] {
            let mut order = json!({"customerId": "c", "pizzaType": "Margherita"});
            order[field] = text.into();
            refused(pizza.post("/api/orders", &order), &format!("/{field}"));
        }
        let order = json!({"customerId": "c", "restaurantId": "napoli",
            "items": [{"pizzaType": text, "quantity": 1}]});
        let create = pizza.post("/api/actors/order/order-x/create", &json!({"order": order}));
        refused(create, "/order/items/0/pizzaType");
        let order = pizza.order();
        let reason = json!({"reason": text});
        refused(
            pizza.post(&format!("/api/orders/{order}/cancel"), &reason),
            "/reason",
        );
        let recipe = json!({"pizzaType": text, "priceCents": 1,
            "ingredients": [{"ingredient": "dough", "quantity": 1}]});
        refused(
            pizza.put("/api/inventory/napoli/recipes", &recipe),
            "/pizzaType",
        );
        let amounts = json!({"amounts": [{"ingredient": text, "quantity": 1}]});
        let stock = pizza.put("/api/inventory/napoli/stock", &amounts);
        refused(stock, "/amounts/0/ingredient");
        let oven = json!({"ovenId": text, "temperature": 300.0});
        let oven = pizza.post("/api/actors/kitchen/napoli/report-oven", &oven);
        refused(oven, "/ovenId");
        let chef = pizza.post("/api/kitchen/napoli/chefs", &json!({"chefId": text}));
        refused(chef, "/chefId");
        let place = json!({"lat": 1.0, "lon": 1.0});
        let profile = json!({"name": text, "region": "eu", "location": place, "open": true,
            "drivers": [text]});
        let profile = pizza.post(
            "/api/actors/restaurant/napoli/configure",
            &json!({"profile": profile}),
        );
        refused(profile, "/profile/name");
        // An alarm is not refused for its words, but its words deceive nobody.
        let alert = json!({"kind": "smoke", "message": text});
        let alert = pizza.post("/api/actors/kitchen/napoli/report-alert", &alert);
        assert_eq!(alert.status, 200, "{}", alert.text());
        let alerts = pizza.get("/api/kitchen/napoli/status").json()["alerts"].clone();
        let last = alerts.as_array().and_then(|alerts| alerts.last());
        let message = last.expect("an alert")["message"]
            .as_str()
            .expect("text")
            .to_owned();
        let deceives = |c: char| c.is_control() || text.contains(c) && !c.is_ascii();
        assert!(
            message.contains("Via") && !message.contains(deceives),
            "{message:?}"
        );
    }
    // Other people's names are no deceit.
    let honest = json!({"customerId": "c", "pizzaType": "Margherita",
        "deliveryAddress": "רחוב הרצל 5, ירושלים · 東京都 · Łódź 👩‍🍳"});
    assert_eq!(pizza.post("/api/orders", &honest).status, 201);
}
