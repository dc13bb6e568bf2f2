//! Variables that load or redirect code: a closed list. They are not passed on unless the entry declares them.

/// Names that begin so, in any case. A prefix stands where a program reads variables of that prefix that nobody has
/// listed, and where new ones appear with new versions.
const PREFIXES: &[&str] = &[
    // Dynamic linkers.
    "LD_",
    "DYLD_",
    "_RLD",
    // Functions that bash takes from the environment.
    "BASH_FUNC_",
    // Package managers and JavaScript run-times.
    "NPM_CONFIG_",
    "PNPM_",
    "YARN_",
    "COREPACK_",
    "BUN_",
    "DENO_",
    "TS_NODE_",
    "DOTENV_",
    // Python and its package managers. PYTHONUNBUFFERED and its like fall under it and are harmless: an entry that
    // wants one declares it.
    "PYTHON",
    "UV_",
    "PIP_",
    "PIPX_",
    "PIPENV_",
    "POETRY_",
    "PDM_",
    "HATCH_",
    "CONDA_",
    "MAMBA_",
    "PIXI_",
    // Other languages.
    "RUBY",
    "GEM_",
    "BUNDLE_",
    "BUNDLER_",
    "PERL",
    "LUA_",
    "PHP_",
    "COMPOSER_",
    "DOTNET_",
    "CORECLR_",
    "COR_",
    "COMPLUS_",
    "NUGET_",
    "CARGO_",
    "RUSTUP_",
    "RUSTC",
    "ERL_",
    "ELIXIR_",
    "MIX_",
    "JULIA_",
    "R_",
    "NIX_",
    "GRADLE_",
    "MAVEN_",
    "JBANG_",
    // Version managers: which interpreter a shim runs.
    "PYENV_",
    "RBENV_",
    "NODENV_",
    "ASDF_",
    "MISE_",
    "VOLTA_",
    "FNM_",
    // Version control: helpers, hooks, configuration, repositories.
    "GIT_",
    // Containers: which daemon runs the image.
    "DOCKER_",
    "COMPOSE_",
    "CONTAINERS_",
    "PODMAN_",
    "BUILDAH_",
    // Browsers that servers drive.
    "PLAYWRIGHT_",
    "PUPPETEER_",
    // Plug-ins of graphical libraries.
    "GST_PLUGIN_",
    "VK_",
    // Command lines of clouds: interpreter and extensions.
    "CLOUDSDK_",
];

/// Names, in any case.
const NAMES: &[&str] = &[
    // Libraries of the system: modules, tables, redirection of hosts.
    "GCONV_PATH",
    "GETCONF_DIR",
    "GLIBC_TUNABLES",
    "HOSTALIASES",
    "LIBPATH",
    "LOCPATH",
    "NLSPATH",
    "RES_OPTIONS",
    "RESOLV_HOST_CONF",
    "SHLIB_PATH",
    "GHCRTS",
    "CAML_LD_LIBRARY_PATH",
    "TCLLIBPATH",
    "OPENSSL_CONF",
    "OPENSSL_ENGINES",
    "OPENSSL_MODULES",
    "SSLKEYLOGFILE",
    "GIO_EXTRA_MODULES",
    "GIO_MODULE_DIR",
    "GTK_MODULES",
    "GTK_PATH",
    "LIBGL_DRIVERS_PATH",
    "QT_PLUGIN_PATH",
    "QT_QPA_PLATFORM_PLUGIN_PATH",
    // Shells.
    "BASHOPTS",
    "BASH_ENV",
    "CDPATH",
    "COMSPEC",
    "ENV",
    "FPATH",
    "GLOBIGNORE",
    "IFS",
    "PROMPT_COMMAND",
    "PS4",
    "PSMODULEPATH",
    "SHELLOPTS",
    "ZDOTDIR",
    // Programs that other programs start without a terminal. Editors and pagers pass: a server has no terminal.
    "BROWSER",
    "SSH_ASKPASS",
    "SUDO_ASKPASS",
    "SVN_SSH",
    "CVS_RSH",
    "RSYNC_RSH",
    "CHROME_BIN",
    "CHROME_PATH",
    "ELECTRON_RUN_AS_NODE",
    "ESBUILD_BINARY_PATH",
    "NAPI_RS_NATIVE_LIBRARY_PATH",
    "MAKEFILES",
    "MAKEFLAGS",
    "GNUMAKEFLAGS",
    "DIRENV_CONFIG",
    // JavaScript.
    "NODE_COMPILE_CACHE",
    "NODE_OPTIONS",
    "NODE_PATH",
    "NODE_REPL_EXTERNAL_MODULE",
    "NODE_TLS_REJECT_UNAUTHORIZED",
    "NPM_EXECPATH",
    "NPM_NODE_EXECPATH",
    "NVM_DIR",
    "TSX_TSCONFIG_PATH",
    // Python.
    "VIRTUAL_ENV",
    "UV",
    // Java.
    "CLASSPATH",
    "JAVA_HOME",
    "JAVA_OPTS",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "_JAVA_OPTIONS",
    // Go.
    "GOBIN",
    "GOENV",
    "GOFLAGS",
    "GOINSECURE",
    "GOMODCACHE",
    "GONOSUMDB",
    "GONOPROXY",
    "GOPATH",
    "GOPRIVATE",
    "GOPROXY",
    "GOROOT",
    "GOSUMDB",
    "GOTOOLCHAIN",
    "GOTOOLDIR",
    // Rust and PHP.
    "RUSTDOC",
    "RUSTFLAGS",
    "PHPRC",
    // Containers.
    "CONTAINER_CONNECTION",
    "CONTAINER_HOST",
    // Configuration that names programs to run.
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AZURE_CONFIG_DIR",
    "AZURE_EXTENSION_DIR",
    "KUBECONFIG",
    // Where configuration and caches of all of these lie.
    "XDG_CACHE_HOME",
    "XDG_CONFIG_DIRS",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
];

/// Names that fall under a prefix and pass: proxies, certificates that TLS trusts, and who a commit is by.
///
/// A certificate file says whom TLS trusts and holds no code; without it every download fails behind an inspecting
/// proxy. Withholding `PIP_CERT` alone would protect from nothing, because `SSL_CERT_FILE` passes. What turns checking
/// *off* stays withheld.
const EXEMPT: &[&str] = &[
    "CARGO_HTTP_CAINFO",
    "CARGO_HTTP_PROXY",
    "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE",
    "CLOUDSDK_PROXY_ADDRESS",
    "CLOUDSDK_PROXY_PORT",
    "CLOUDSDK_PROXY_TYPE",
    "DENO_CERT",
    "DENO_TLS_CA_STORE",
    "GIT_AUTHOR_DATE",
    "GIT_AUTHOR_EMAIL",
    "GIT_AUTHOR_NAME",
    "GIT_COMMITTER_DATE",
    "GIT_COMMITTER_EMAIL",
    "GIT_COMMITTER_NAME",
    "GIT_PROXY_SSL_CAINFO",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "GIT_TERMINAL_PROMPT",
    "NIX_SSL_CERT_FILE",
    "NPM_CONFIG_CA",
    "NPM_CONFIG_CAFILE",
    "NPM_CONFIG_HTTPS_PROXY",
    "NPM_CONFIG_HTTP_PROXY",
    "NPM_CONFIG_NOPROXY",
    "NPM_CONFIG_NO_PROXY",
    "NPM_CONFIG_PROXY",
    "PIP_CERT",
    "PIP_PROXY",
    "UV_NATIVE_TLS",
    "UV_SYSTEM_CERTS",
    "YARN_HTTPS_PROXY",
    "YARN_HTTP_PROXY",
];

/// Whether a variable of this name loads or redirects code.
///
/// Compared without case: npm reads its variables in any case, and on Windows all names are equal without it.
pub fn loader_variable(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    // npm takes a dash for an underscore.
    let spelled = upper.replace('-', "_");
    if EXEMPT.contains(&spelled.as_str()) {
        return false;
    }
    NAMES.contains(&spelled.as_str()) || PREFIXES.iter().any(|prefix| spelled.starts_with(prefix))
}

/// The closed lists of this file under their names in `spec/launch.md`.
#[cfg(test)]
pub(super) const LISTS: &[(&str, &[&str])] =
    &[("loader-prefixes", PREFIXES), ("loader-names", NAMES), ("loader-exempt", EXEMPT)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_withheld_and_trust_passes() {
        for name in [
            "NODE_OPTIONS",
            "node_options",
            "LD_PRELOAD",
            "DYLD_INSERT_LIBRARIES",
            "BASH_ENV",
            "ENV",
            "PYTHONPATH",
            "PYTHONUNBUFFERED",
            "npm_config_registry",
            "NPM_CONFIG_REGISTRY",
            "npm_config_script-shell",
            "UV_INDEX_URL",
            "PIP_INDEX_URL",
            "PIP_CLIENT_CERT",
            "RUBYOPT",
            "PERL5OPT",
            "JAVA_TOOL_OPTIONS",
            "GIT_SSH_COMMAND",
            "GIT_CONFIG_KEY_0",
            "GIT_SSL_NO_VERIFY",
            "BASH_FUNC_ls%%",
            "DOCKER_HOST",
            "NODE_TLS_REJECT_UNAUTHORIZED",
        ] {
            assert!(loader_variable(name), "{name}");
        }
        for name in [
            "NODE_EXTRA_CA_CERTS",
            "NODE_ENV",
            "SSL_CERT_FILE",
            "SSL_CERT_DIR",
            "REQUESTS_CA_BUNDLE",
            "CURL_CA_BUNDLE",
            "HTTP_PROXY",
            "https_proxy",
            "ALL_PROXY",
            "NO_PROXY",
            "npm_config_https-proxy",
            "npm_config_cafile",
            "PIP_CERT",
            "GIT_SSL_CAINFO",
            "GIT_AUTHOR_NAME",
            "GITHUB_REPOSITORY",
            "PATH",
            "HOME",
            "LANG",
            "TERM",
            "",
        ] {
            assert!(!loader_variable(name), "{name}");
        }
    }

    #[test]
    fn every_exemption_is_needed_and_no_name_is_listed_twice() {
        for name in EXEMPT {
            assert!(PREFIXES.iter().any(|prefix| name.starts_with(prefix)), "{name} needs no exemption");
        }
        for name in NAMES {
            assert!(!PREFIXES.iter().any(|prefix| name.starts_with(prefix)), "{name} falls under a prefix");
        }
        for list in [PREFIXES, NAMES, EXEMPT] {
            assert!(list.iter().all(|name| *name == name.to_ascii_uppercase()));
            let once: std::collections::BTreeSet<_> = list.iter().collect();
            assert_eq!(once.len(), list.len());
        }
    }
}
