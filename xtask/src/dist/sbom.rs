//! The list of ingredients, as CycloneDX 1.6 in JSON.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::components::{Carried, Component, Components};

/// What the list is of.
pub(super) struct Subject<'a> {
    /// The package that is handed out.
    pub(super) name: &'a str,
    pub(super) version: &'a str,
    /// The platform, as rustc names it.
    pub(super) target: &'a str,
    /// As `rustc --version` tells it.
    pub(super) rustc: &'a str,
    /// The commit's time; seconds since 1970.
    pub(super) epoch: u32,
}

/// The document. Our own packages are components without a digest; what only ran while building is `excluded`.
///
/// # Errors
/// When the time is no time.
pub(super) fn document(
    subject: &Subject<'_>,
    components: &Components,
    carried: &[Carried],
) -> Result<String, String> {
    let time = jiff::Timestamp::from_second(i64::from(subject.epoch)).map_err(|e| e.to_string())?;
    let mut listed: Vec<Value> = components.values().map(one).collect();
    listed.extend(carried.iter().map(in_c));
    listed.push(json!({
        "type": "library", "bom-ref": "rust-std", "name": "rust-std", "version": subject.rustc,
        "scope": "required", "licenses": [{"expression": "MIT OR Apache-2.0"}],
    }));
    let mut edges: Vec<Value> = components.values().map(|from| edge(from, components, carried)).collect();
    let ours = components.values().filter(|one| one.checksum.is_none()).map(reference);
    let roots: BTreeSet<String> = ours.chain(["rust-std".to_owned()]).collect();
    edges.push(json!({"ref": subject.name, "dependsOn": roots}));
    let document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": time.to_string(),
            "lifecycles": [{"phase": "build"}],
            "component": {
                "type": "application", "bom-ref": subject.name, "name": subject.name, "version": subject.version,
                "licenses": [{"expression": "Apache-2.0 OR MIT"}],
            },
            "properties": [
                {"name": "pinfold:target", "value": subject.target},
                {"name": "pinfold:rustc", "value": subject.rustc},
            ],
        },
        "components": listed,
        "dependencies": edges,
    });
    Ok(format!("{document:#}\n"))
}

fn one(component: &Component) -> Value {
    let mut value = json!({
        "type": "library",
        "bom-ref": reference(component),
        "name": component.name,
        "version": component.version,
        "scope": if component.is_inside { "required" } else { "excluded" },
        "licenses": [{"expression": component.licence}],
    });
    if let Some(checksum) = &component.checksum {
        value["purl"] = json!(reference(component));
        value["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
    }
    if let Some(repository) = &component.repository {
        value["externalReferences"] = json!([{"type": "vcs", "url": repository}]);
    }
    value
}

fn in_c(library: &Carried) -> Value {
    json!({
        "type": "library", "bom-ref": library.name, "name": library.name, "version": library.version,
        "scope": "required", "licenses": [{"expression": library.licence}],
    })
}

fn edge(from: &Component, components: &Components, carried: &[Carried]) -> Value {
    let on = from.depends_on.iter().filter_map(|id| components.get(id)).map(reference);
    let c = carried.iter().filter(|library| library.by == from.name).map(|library| library.name.to_owned());
    let on: BTreeSet<String> = on.chain(c).collect();
    json!({"ref": reference(from), "dependsOn": on})
}

/// A package URL for packages of the registry, a name for our own.
fn reference(component: &Component) -> String {
    let kind = if component.checksum.is_some() { "pkg:cargo/" } else { "pinfold:" };
    format!("{kind}{}@{}", component.name, component.version.replace('+', "%2B"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::super::components::{Carried, Component, Components};
    use super::{Subject, document};

    fn component(name: &str, checksum: Option<&str>, on: &[&str]) -> (String, Component) {
        let component = Component {
            name: name.to_owned(),
            version: "1.0.0+x".to_owned(),
            licence: "MIT".to_owned(),
            checksum: checksum.map(str::to_owned),
            repository: None,
            folder: "/x".into(),
            is_inside: name != "cc",
            depends_on: on.iter().map(|id| (*id).to_owned()).collect(),
        };
        (name.to_owned(), component)
    }

    #[test]
    fn every_reference_of_an_edge_is_a_component() {
        let components: Components = [
            component("app", None, &["sys", "cc"]),
            component("sys", Some("aa"), &["cc"]),
            component("cc", Some("bb"), &[]),
        ]
        .into();
        let carried = [Carried { name: "Lib", version: "3".into(), licence: "MIT", by: "sys" }];
        let subject =
            Subject { name: "app", version: "1", target: "t", rustc: "rustc 1", epoch: 1_700_000_000 };
        let document: Value =
            serde_json::from_str(&document(&subject, &components, &carried).unwrap()).unwrap();
        let known: BTreeSet<&str> = document["components"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["bom-ref"].as_str().unwrap())
            .collect();
        assert_eq!(known.len(), 5);
        for edge in document["dependencies"].as_array().unwrap() {
            assert!(edge["ref"] == "app" || known.contains(edge["ref"].as_str().unwrap()), "{edge}");
            for on in edge["dependsOn"].as_array().unwrap() {
                assert!(known.contains(on.as_str().unwrap()), "{on}");
            }
        }
        assert_eq!(document["metadata"]["timestamp"], "2023-11-14T22:13:20Z");
        let cc = document["components"].as_array().unwrap().iter().find(|c| c["name"] == "cc").unwrap();
        assert_eq!(
            (cc["scope"].as_str(), cc["purl"].as_str()),
            (Some("excluded"), Some("pkg:cargo/cc@1.0.0%2Bx"))
        );
    }
}
