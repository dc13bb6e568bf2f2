//! Requests: launches that were asked for and that nobody approved. Whoever can start `run` can leave one.

use pinfold_core::digest::Digest;
use pinfold_core::json::{self, ReadLimits, Value};
use pinfold_core::launch::Launch;
use pinfold_core::name::Label;
use pinfold_core::pins::UnixSeconds;
use pinfold_core::reason::ReasonCode;
use rusqlite::Transaction;

use crate::error::StoreError;
use crate::open::{Store, garbled};
use crate::pending::seconds;

/// Most requests that are kept; the oldest gives way.
pub const MAX_REQUESTS: usize = 64;

/// Most requests from one folder, so that one repository cannot push out all others; the oldest gives way.
pub const MAX_REQUESTS_A_FOLDER: usize = 8;

/// Largest request, in bytes of canonical JSON. Largest real entry of a client's configuration: under 10,000.
pub const MAX_REQUEST_BYTES: usize = 1 << 20;

/// A launch that a gate was asked to start and did not. All its texts are foreign.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The label that was asked for.
    pub label: Label,
    /// The launch, secrets by place.
    pub launch: Launch,
    /// The working folder of the gate.
    pub folder: String,
    /// What the client calls itself; may be empty.
    pub client: String,
    /// Names and values of declared variables that are no secrets, for the person to see.
    pub values_shown: Vec<(String, String)>,
    /// Names of variables that are present and would be withheld.
    pub withheld: Vec<String>,
    /// Why it was not started.
    pub reason: ReasonCode,
    /// When.
    pub created: UnixSeconds,
}

impl Store {
    /// Notes a request, in the place of an earlier one for the same launch.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`]; [`StoreError::ReadOnly`], [`StoreError::Full`], [`StoreError::Locked`]: the gate goes
    /// on without, and says so.
    pub fn record_request(&self, request: &Request) -> Result<(), StoreError> {
        let document = request.to_bytes();
        if document.len() > MAX_REQUEST_BYTES {
            return Err(StoreError::TooLarge("bytes of a request"));
        }
        let launch = request.launch.digest();
        let insert = "INSERT INTO requests (launch, folder, created, document) VALUES (?1, ?2, ?3, ?4)";
        let row = (launch.as_bytes(), &request.folder, seconds(request.created), &document);
        self.observing(|transaction| {
            remove(transaction, &launch)?;
            transaction.execute(insert, row)?;
            transaction.execute(TRIM_FOLDER, (&request.folder, MAX_REQUESTS_A_FOLDER as i64))?;
            transaction.execute(TRIM_ALL, [MAX_REQUESTS as i64])?;
            Ok(())
        })
    }

    /// The requests that wait, newest first. One whose launch was approved while it was being noted does not wait.
    ///
    /// # Errors
    /// [`StoreError::Tampered`] if a row holds what Pinfold does not write.
    pub fn requests(&self) -> Result<Vec<Request>, StoreError> {
        let Some(connection) = self.reading() else { return Ok(Vec::new()) };
        let sql = "SELECT document FROM requests ORDER BY created DESC, rowid DESC";
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map((), |row| row.get::<_, Vec<u8>>(0))?;
        let mut requests = Vec::new();
        for row in rows {
            requests.push(Request::from_bytes(&row?).ok_or_else(|| garbled("requests"))?);
        }
        requests.retain(|request: &Request| {
            let pins = self.pins().label(&request.label);
            !pins.is_some_and(|pins| pins.approved_launches().any(|(_, launch)| request.is_for(launch)))
        });
        Ok(requests)
    }

    /// Drops a request that a person does not want to see again, without a decision about the launch.
    ///
    /// # Errors
    /// As [`Store::record_request`].
    pub fn remove_request(&self, launch: &Digest) -> Result<(), StoreError> {
        self.observing(|transaction| remove(transaction, launch))
    }
}

const TRIM_FOLDER: &str = "DELETE FROM requests WHERE rowid IN (SELECT rowid FROM requests \
    WHERE folder = ?1 ORDER BY created DESC, rowid DESC LIMIT -1 OFFSET ?2)";

const TRIM_ALL: &str = "DELETE FROM requests WHERE rowid IN (SELECT rowid FROM requests \
    ORDER BY created DESC, rowid DESC LIMIT -1 OFFSET ?1)";

/// Drops the requests that a decision about a launch answers.
pub(crate) fn settle(
    transaction: &Transaction<'_>,
    label: &Label,
    decided: &Launch,
) -> Result<(), StoreError> {
    let mut statement = transaction.prepare("SELECT launch, document FROM requests")?;
    let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?)))?;
    for row in rows {
        let (launch, document) = row?;
        let is_answered = |request: Request| request.label.key() == label.key() && request.is_for(decided);
        if Request::from_bytes(&document).is_some_and(is_answered) {
            remove(transaction, &Digest::from_bytes(launch))?;
        }
    }
    Ok(())
}

fn remove(transaction: &Transaction<'_>, launch: &Digest) -> Result<(), StoreError> {
    transaction.execute("DELETE FROM requests WHERE launch = ?1", [launch.as_bytes()])?;
    Ok(())
}

impl Request {
    /// Whether it asks for this launch. A person may have let variables through that the request did not name; the
    /// launch is the same otherwise.
    fn is_for(&self, launch: &Launch) -> bool {
        let without_passes = |launch: &Launch| Launch { passes: Default::default(), ..launch.clone() };
        without_passes(&self.launch) == without_passes(launch)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let text = |text: &str| Value::string(text.to_owned());
        let pair = |(name, value): &(String, String)| Value::array(vec![text(name), text(value)]);
        json::canonical(&Value::object(vec![
            ("client", text(&self.client)),
            ("created", Value::string(self.created.0.to_string())),
            ("folder", text(&self.folder)),
            ("label", text(self.label.as_str())),
            ("launch", self.launch.to_value()),
            ("reason", text(self.reason.as_str())),
            ("values", Value::array(self.values_shown.iter().map(pair).collect())),
            ("withheld", Value::array(self.withheld.iter().map(|name| text(name)).collect())),
        ]))
    }

    /// `None` for any bytes but those that [`Request::to_bytes`] makes.
    fn from_bytes(bytes: &[u8]) -> Option<Request> {
        let limits = ReadLimits { max_bytes: MAX_REQUEST_BYTES, ..ReadLimits::OWN };
        let document = json::read(bytes, &limits).ok()?;
        let text = |name| document.get(name)?.as_str();
        let pair = |value: &Value<'_>| match value.as_array()? {
            [name, value] => Some((name.as_str()?.to_owned(), value.as_str()?.to_owned())),
            _ => None,
        };
        let request = Request {
            label: text("label")?.parse().ok()?,
            launch: Launch::from_value(document.get("launch")?).ok()?,
            folder: text("folder")?.to_owned(),
            client: text("client")?.to_owned(),
            values_shown: document.get("values")?.as_array()?.iter().map(pair).collect::<Option<_>>()?,
            withheld: document
                .get("withheld")?
                .as_array()?
                .iter()
                .map(|name| name.as_str().map(str::to_owned))
                .collect::<Option<_>>()?,
            reason: text("reason")?.parse().ok()?,
            created: UnixSeconds(text("created")?.parse().ok()?),
        };
        (request.to_bytes() == bytes).then_some(request)
    }
}
