//! Package URLs and the names in them.

use pinfold_core::text::visible;

/// A package on a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) kind: PackageKind,
    /// As the registry has it; for PyPI in normal form.
    pub(crate) name: String,
    pub(crate) version: String,
}

/// The registries whose files are read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PackageKind {
    Npm,
    Pypi,
}

impl Package {
    /// The package URL, by <https://github.com/package-url/purl-spec>.
    pub(crate) fn purl(&self) -> String {
        let (kind, name) = match self.kind {
            PackageKind::Npm => ("npm", self.name.clone()),
            PackageKind::Pypi => ("pypi", self.name.clone()),
        };
        let name: Vec<String> = name.split('/').map(escape).collect();
        format!("pkg:{kind}/{}@{}", name.join("/"), escape(&self.version))
    }

    /// For a message.
    pub(crate) fn shown(&self) -> String {
        visible(&format!("{} {}", self.name, self.version))
    }
}

/// The normal form of a Python package's name (PEP 503).
pub(crate) fn normal_python_name(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            other => normal.push(other.to_ascii_lowercase()),
        }
    }
    normal
}

/// Percent-encodes all but the letters that a package URL has as they are.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_urls_are_escaped() {
        let package = |kind, name: &str, version: &str| {
            Package { kind, name: name.into(), version: version.into() }.purl()
        };
        assert_eq!(package(PackageKind::Npm, "@acme/demo", "1.0.1"), "pkg:npm/%40acme/demo@1.0.1");
        assert_eq!(package(PackageKind::Npm, "demo", "1.0.0+b"), "pkg:npm/demo@1.0.0%2Bb");
        assert_eq!(package(PackageKind::Pypi, "mcp-server", "2"), "pkg:pypi/mcp-server@2");
    }

    #[test]
    fn names_of_python_packages_have_one_form() {
        for name in ["Mcp_Server.Time", "mcp--server__time", "MCP-SERVER-TIME"] {
            assert_eq!(normal_python_name(name), "mcp-server-time");
        }
    }
}
