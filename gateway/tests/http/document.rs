//! `/openapi.json` and the page to browse it.

use serde_json::Value;

use crate::socket::Server;

/// Routes come from the list that the document is made of. Anybody who adds one elsewhere
/// adds one that clients are not told of.
#[test]
fn routes_are_made_in_one_place() {
    let mut sources = vec![std::path::PathBuf::from("src")];
    let mut found = Vec::new();
    while let Some(path) = sources.pop() {
        if path.is_dir() {
            let entries = path.read_dir().expect("a folder");
            sources.extend(entries.map(|entry| entry.expect("an entry").path()));
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("text");
        let routing = [".route(", ".route_service(", ".nest(", ".merge("];
        let lines = text
            .lines()
            .filter(|line| routing.iter().any(|r| line.contains(r)));
        found.extend(lines.map(|line| (path.clone(), line.trim().to_owned())));
    }
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].0.ends_with("routes.rs"), "{found:?}");
}

#[tokio::test]
async fn the_document_names_every_endpoint() {
    let server = Server::start().await;
    let document = server.send("GET /openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().expect("paths");
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("operations") {
            let place = format!("{method} {path}");
            assert_ne!(operation["summary"], "", "{place}");
            assert!(operation["responses"]["default"].is_object(), "{place}");
            // Whatever it answers, there is something.
            let path = path.replace(['{', '}'], "");
            let request = format!("{} {path}", method.to_uppercase());
            if path.ends_with("/track") || path.ends_with("/stream") {
                continue;
            }
            let answer = server.send(&request).await;
            let nothing = answer.status == 404 && answer.body.contains("there is nothing at");
            assert!(!nothing && answer.status != 405, "{place}: {answer:?}");
        }
    }
    let named = |method: &str, path: &str| paths[path][method].is_object();
    for (method, path) in TABLE {
        assert!(named(method, path), "{method} {path}");
    }
}

/// Every object below `value` that has properties, with its place.
fn objects<'a>(value: &'a Value, at: &str, found: &mut Vec<(String, &'a Value)>) {
    match value {
        Value::Object(object) => {
            if object.get("properties").is_some_and(Value::is_object) {
                found.push((at.to_owned(), value));
            }
            for (name, value) in object {
                objects(value, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(array) => {
            for (index, value) in array.iter().enumerate() {
                objects(value, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// A generated client has these words and no others.
#[tokio::test]
async fn every_property_and_every_parameter_is_described() {
    let server = Server::start().await;
    let document = server.send("GET /openapi.json").await.json();
    let mut found = Vec::new();
    objects(&document, "", &mut found);
    assert!(found.len() > 100, "{}", found.len());
    let mut silent = Vec::new();
    for (at, object) in found {
        for (name, schema) in object["properties"].as_object().expect("properties") {
            if schema["description"].as_str().is_none_or(str::is_empty) {
                silent.push(format!("{at}/properties/{name}"));
            }
        }
    }
    for (path, item) in document["paths"].as_object().expect("paths") {
        for operation in item.as_object().expect("operations").values() {
            let parameters = operation["parameters"].as_array().expect("parameters");
            let bare = parameters.iter().filter(|p| !p["description"].is_string());
            silent.extend(bare.map(|parameter| format!("{path} {}", parameter["name"])));
        }
    }
    assert!(silent.is_empty(), "{silent:#?}");
}

/// `getDocs` was there twice once, and no generator took the document.
#[tokio::test]
async fn every_operation_has_a_name_of_its_own_and_tells_its_problems() {
    let server = Server::start().await;
    let document = server.send("GET /openapi.json").await.json();
    let mut names = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            names.push(operation["operationId"].as_str().expect("a name"));
            let responses = operation["responses"].as_object().expect("responses");
            let refusals = responses
                .iter()
                .filter(|(status, _)| status.starts_with(['4', '5']));
            let mut kinds = 0;
            for (status, response) in refusals {
                let schema = &response["content"]["application/problem+json"]["schema"];
                let one = std::slice::from_ref(schema);
                let choices = schema["oneOf"].as_array().map_or(one, Vec::as_slice);
                for choice in choices {
                    let pointer = choice["$ref"].as_str().expect("a kind of its own");
                    let kind = document.pointer(&pointer[1..]).expect("it leads somewhere");
                    let fields = &kind["properties"];
                    let code = fields["type"]["const"].as_str().unwrap_or_default();
                    assert!(code.starts_with("urn:awesome-pizza:problem:"), "{kind}");
                    assert_eq!(fields["status"]["const"].to_string(), *status, "{code}");
                    kinds += 1;
                }
            }
            assert!(kinds >= 3, "{method} {path} tells {kinds} problems");
        }
    }
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

/// An `EventSource` is told what may come.
#[tokio::test]
async fn every_event_of_a_stream_has_a_schema() {
    let server = Server::start().await;
    let document = server.send("GET /openapi.json").await.json();
    for (path, events) in [
        (
            "/api/orders/{id}/track",
            &["status", "driver", "eta", "gap", "end"],
        ),
        (
            "/api/dashboard/{id}/stream",
            &["status", "driver", "eta", "alert", "gap"],
        ),
    ] {
        let content = &document["paths"][path]["get"]["responses"]["200"]["content"];
        let schema = &content["text/event-stream"]["schema"];
        let stream = document.pointer(&schema["$ref"].as_str().expect("named")[1..]);
        let mapping = &stream.expect("it is there")["discriminator"]["mapping"];
        for event in events {
            let named = mapping[event]
                .as_str()
                .unwrap_or_else(|| panic!("{event}: {stream:?}"));
            let schema = document.pointer(&named[1..]).expect("it is there");
            assert_eq!(schema["properties"]["event"]["const"], *event);
            let data = schema["properties"]["data"]["contentSchema"]["$ref"]
                .as_str()
                .expect("named");
            assert!(
                document
                    .pointer(&data[1..])
                    .is_some_and(|data| data["properties"].is_object())
            );
        }
    }
}

/// What was promised to clients.
const TABLE: &[(&str, &str)] = &[
    ("post", "/api/orders"),
    ("get", "/api/orders/{id}"),
    ("put", "/api/orders/{id}/status"),
    ("post", "/api/orders/{id}/cancel"),
    ("post", "/api/orders/{id}/confirm-delivery"),
    ("get", "/api/orders/{id}/track"),
    ("post", "/api/orders/{id}/assign-driver"),
    ("get", "/api/restaurants"),
    ("get", "/api/restaurants/{id}"),
    ("get", "/api/restaurants/{id}/orders"),
    ("get", "/api/restaurants/{id}/metrics"),
    ("get", "/api/restaurants/{id}/history"),
    ("get", "/api/restaurants/{id}/menu"),
    ("get", "/api/kitchen/{id}/queue"),
    ("get", "/api/kitchen/{id}/status"),
    ("get", "/api/kitchen/{id}/display"),
    ("post", "/api/kitchen/{id}/chefs"),
    ("delete", "/api/kitchen/{id}/chefs/{chef}"),
    ("get", "/api/kitchen/{id}/stream"),
    ("post", "/api/kitchen/{id}/orders/{order}/burn"),
    ("post", "/api/kitchen/{id}/orders/{order}/put-back"),
    ("post", "/api/kitchen/{id}/orders/{order}/assign"),
    ("post", "/api/kitchen/{id}/alerts/{alert}/seen"),
    ("get", "/api/inventory/{id}"),
    ("put", "/api/inventory/{id}/stock"),
    ("put", "/api/inventory/{id}/thresholds"),
    ("get", "/api/inventory/{id}/history"),
    ("put", "/api/inventory/{id}/rules"),
    ("get", "/api/inventory/{id}/orders"),
    ("post", "/api/inventory/{id}/orders/{order}/confirm"),
    ("post", "/api/inventory/{id}/orders/{order}/cancel"),
    ("get", "/api/inventory/{id}/report"),
    ("get", "/api/drivers/{id}/status"),
    ("put", "/api/drivers/{id}/status"),
    ("post", "/api/drivers/{id}/location"),
    ("post", "/api/drivers/{id}/accept"),
    ("post", "/api/drivers/{id}/reject"),
    ("post", "/api/drivers/{id}/picked-up"),
    ("post", "/api/drivers/{id}/delivered"),
    ("post", "/api/drivers/{id}/cannot-deliver"),
    ("get", "/api/drivers/{id}/stream"),
    ("get", "/api/drivers/{id}/day"),
    ("get", "/api/dashboard/{id}/stream"),
    ("post", "/api/actors/{type}/{key}/{method}"),
    ("get", "/openapi.json"),
    ("get", "/docs"),
    ("get", "/health/live"),
    ("get", "/health/ready"),
    ("get", "/metrics"),
];

#[tokio::test]
async fn references_in_the_document_lead_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(object) => {
                found.extend(object.get("$ref").and_then(Value::as_str));
                object.values().for_each(|value| references(value, found));
            }
            Value::Array(array) => array.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let server = Server::start().await;
    let document = server.send("GET /openapi.json").await.json();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 100, "{}", found.len());
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("in this document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere() {
    let server = Server::start().await;
    let page = server.send("GET /docs").await;
    assert_eq!(
        (page.status, page.header("location")),
        (308, Some("/docs/"))
    );
    let page = server.send("GET /docs/").await;
    assert_eq!(page.header("content-type"), Some("text/html"));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let names = page.body.split(['"', '\'']);
    let files: Vec<&str> = names
        .filter(|name| name.ends_with(".js") || name.ends_with(".css"))
        .collect();
    assert!(files.len() >= 4, "{}", page.body);
    for file in files {
        assert!(!file.contains("//"), "{file} is elsewhere");
        let path = file.trim_start_matches("./");
        let answer = server.send(&format!("GET /docs/{path}")).await;
        assert_eq!(answer.status, 200, "{file}");
    }
    server
        .send("GET /docs/..%2Fsecret")
        .await
        .problem(404, "not-found");
    let set_up = server.send("GET /docs/swagger-initializer.js").await;
    assert!(set_up.body.contains("/openapi.json"), "{}", set_up.body);
}
