//! Canonical JSON of decisions.

use super::decision::{Approval, Ask, Decision, MarkerPoint, TamperReason};
use super::publisher::Publication;
use super::state::UnixSeconds;
use crate::digest::Digest;
use crate::document::{DocumentError, DocumentFault, Fields, Place, nullable_digest};
use crate::json::Value;
use crate::name::Label;
use crate::volatile;

impl Decision {
    /// The decision as JSON (spec/pins.md, Decisions).
    pub fn to_value(&self) -> Value<'static> {
        let mut members = vec![("type", text(self.type_name()))];
        match self {
            Decision::LaunchApproved { label, launch, replaces } => {
                let replaces = replaces.iter().map(|digest| text(digest.to_string())).collect();
                members.push(("label", text(label.to_string())));
                members.push(("launch", launch.to_value()));
                members.push(("replaces", Value::array(replaces)));
            }
            Decision::LaunchRejected { label, launch } => {
                members.push(("label", text(label.to_string())));
                members.push(("launch", launch.to_value()));
            }
            Decision::SurfaceApproved { label, claim, objects } => {
                members.push(("claim", claim.as_ref().map_or_else(Value::null, Publication::to_value)));
                members.push(("label", text(label.to_string())));
                members.push(("objects", Value::array(objects.iter().map(Approval::to_value).collect())));
            }
            Decision::ObjectRejected { label, kind, name, digest } => {
                members.push(("digest", text(digest.to_string())));
                members.push(("kind", text(kind.as_str())));
                members.push(("label", text(label.to_string())));
                members.push(("name", text(name.clone())));
            }
            Decision::AskApproved { label, ask } | Decision::AskRejected { label, ask } => {
                members.push(("ask", text(ask.as_str())));
                members.push(("label", text(label.to_string())));
            }
            Decision::InterpreterAccepted { path, digest } => {
                members.push(("digest", text(digest.to_string())));
                members.push(("path", text(path.clone())));
            }
            Decision::HomeAccepted { home } => members.push(("home", text(home.clone()))),
            Decision::StoreAccepted { reason, kept, marker } => {
                members.push(("kept", Value::uint(*kept)));
                members.push(("marker", marker.map_or_else(Value::null, MarkerPoint::to_value)));
                members.push(("reason", text(reason.as_str())));
            }
            Decision::CallAllowed { label, tool, until } => {
                members.push(("label", text(label.to_string())));
                members.push(("tool", text(tool.clone())));
                members.push(("until", Value::uint(until.0)));
            }
            Decision::LabelForgotten { label } => members.push(("label", text(label.to_string()))),
        }
        Value::object(members)
    }

    /// Reads a decision.
    ///
    /// Whether it makes sense where it stands is [`super::Pins::apply`]'s to say.
    ///
    /// # Errors
    /// A [`DocumentError`] with a pointer from this value on.
    pub fn from_value(value: &Value<'_>) -> Result<Decision, DocumentError> {
        Decision::read(value, Place::Document)
    }

    pub(super) fn read(value: &Value<'_>, place: Place<'_>) -> Result<Decision, DocumentError> {
        let type_name = value.get("type").and_then(Value::as_str).unwrap_or_default();
        let fields = |names: &[&str]| Fields::of(value, place, names);
        Ok(match type_name {
            "launch-approved" => {
                let fields = fields(&["label", "launch", "replaces", "type"])?;
                Decision::LaunchApproved {
                    label: fields.label("label")?,
                    launch: fields.launch("launch")?,
                    replaces: replaced_launches(&fields)?,
                }
            }
            "launch-rejected" => {
                let fields = fields(&["label", "launch", "type"])?;
                Decision::LaunchRejected { label: fields.label("label")?, launch: fields.launch("launch")? }
            }
            "surface-approved" => surface_approved(&fields(&["claim", "label", "objects", "type"])?)?,
            "object-rejected" => {
                let fields = fields(&["digest", "kind", "label", "name", "type"])?;
                Decision::ObjectRejected {
                    label: fields.label("label")?,
                    kind: fields.kind("kind")?,
                    name: fields.text("name")?.to_owned(),
                    digest: fields.digest("digest")?,
                }
            }
            "ask-approved" => {
                let (label, ask) = ask(&fields(&["ask", "label", "type"])?)?;
                Decision::AskApproved { label, ask }
            }
            "ask-rejected" => {
                let (label, ask) = ask(&fields(&["ask", "label", "type"])?)?;
                Decision::AskRejected { label, ask }
            }
            "interpreter-accepted" => {
                let fields = fields(&["digest", "path", "type"])?;
                Decision::InterpreterAccepted {
                    path: fields.text("path")?.to_owned(),
                    digest: fields.digest("digest")?,
                }
            }
            "home-accepted" => {
                Decision::HomeAccepted { home: fields(&["home", "type"])?.text("home")?.to_owned() }
            }
            "store-accepted" => {
                let fields = fields(&["kept", "marker", "reason", "type"])?;
                Decision::StoreAccepted {
                    reason: fields.one_of("reason", TamperReason::from_name)?,
                    kept: fields.uint("kept")?,
                    marker: fields.nullable("marker", MarkerPoint::read)?,
                }
            }
            "call-allowed" => {
                let fields = fields(&["label", "tool", "type", "until"])?;
                Decision::CallAllowed {
                    label: fields.label("label")?,
                    tool: fields.text("tool")?.to_owned(),
                    until: UnixSeconds(fields.uint("until")?),
                }
            }
            "label-forgotten" => {
                Decision::LabelForgotten { label: fields(&["label", "type"])?.label("label")? }
            }
            _ => return Err(unknown_type(value, place)),
        })
    }

    /// The member `type` of the decision's JSON.
    pub fn type_name(&self) -> &'static str {
        match self {
            Decision::LaunchApproved { .. } => "launch-approved",
            Decision::LaunchRejected { .. } => "launch-rejected",
            Decision::SurfaceApproved { .. } => "surface-approved",
            Decision::ObjectRejected { .. } => "object-rejected",
            Decision::AskApproved { .. } => "ask-approved",
            Decision::AskRejected { .. } => "ask-rejected",
            Decision::InterpreterAccepted { .. } => "interpreter-accepted",
            Decision::HomeAccepted { .. } => "home-accepted",
            Decision::StoreAccepted { .. } => "store-accepted",
            Decision::CallAllowed { .. } => "call-allowed",
            Decision::LabelForgotten { .. } => "label-forgotten",
        }
    }
}

impl Approval {
    fn to_value(&self) -> Value<'static> {
        Value::object(vec![
            ("digest", text(self.digest.to_string())),
            ("kind", text(self.kind.as_str())),
            ("name", text(self.name.clone())),
            ("replaces", nullable_digest(self.replaces)),
            ("volatile", volatile::write_all(&self.rules)),
        ])
    }

    fn read(value: &Value<'_>, place: Place<'_>) -> Result<Approval, DocumentError> {
        let fields = Fields::of(value, place, &["digest", "kind", "name", "replaces", "volatile"])?;
        Ok(Approval {
            kind: fields.kind("kind")?,
            name: fields.text("name")?.to_owned(),
            digest: fields.digest("digest")?,
            replaces: fields.nullable("replaces", Fields::digest)?,
            rules: volatile::read_all(&fields, "volatile")?,
        })
    }
}

impl MarkerPoint {
    pub(super) fn to_value(self) -> Value<'static> {
        let head = text(self.head.to_string());
        Value::object(vec![("counter", Value::uint(self.counter)), ("head", head)])
    }

    pub(super) fn read(fields: &Fields<'_, '_, '_>, name: &str) -> Result<MarkerPoint, DocumentError> {
        let point = Fields::of(fields.value(name)?, fields.place_of(name), &["counter", "head"])?;
        Ok(MarkerPoint { counter: point.uint("counter")?, head: point.digest("head")? })
    }
}

impl Ask {
    /// The ask of this name.
    pub fn from_name(name: &str) -> Option<Ask> {
        Ask::ALL.into_iter().find(|ask| ask.as_str() == name)
    }
}

impl TamperReason {
    /// The reason of this name.
    pub fn from_name(name: &str) -> Option<TamperReason> {
        TamperReason::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

fn text(text: impl Into<String>) -> Value<'static> {
    Value::string(text.into())
}

fn ask(fields: &Fields<'_, '_, '_>) -> Result<(Label, Ask), DocumentError> {
    Ok((fields.label("label")?, fields.one_of("ask", Ask::from_name)?))
}

fn replaced_launches(fields: &Fields<'_, '_, '_>) -> Result<Vec<Digest>, DocumentError> {
    let items = fields.array("replaces")?.iter();
    let digests = items.map(|item| item.as_str().and_then(|text| text.parse().ok()));
    digests.collect::<Option<_>>().ok_or_else(|| fields.fault("replaces", DocumentFault::WrongText))
}

fn surface_approved(fields: &Fields<'_, '_, '_>) -> Result<Decision, DocumentError> {
    let claim = fields.nullable("claim", Publication::read)?;
    let place = fields.place_of("objects");
    let items = fields.array("objects")?.iter().enumerate();
    let objects = items.map(|(index, item)| Approval::read(item, Place::Element(&place, index)));
    let objects = objects.collect::<Result<_, _>>()?;
    Ok(Decision::SurfaceApproved { label: fields.label("label")?, claim, objects })
}

/// Tells a document that is no decision from a decision of an unknown type.
fn unknown_type(value: &Value<'_>, place: Place<'_>) -> DocumentError {
    let at_type = |fault| Place::Member(&place, "type").fault(fault);
    match value.get("type") {
        _ if value.as_object().is_none() => place.fault(DocumentFault::WrongType),
        None => at_type(DocumentFault::Missing),
        Some(name) if name.as_str().is_some() => at_type(DocumentFault::WrongText),
        Some(_) => at_type(DocumentFault::WrongType),
    }
}
