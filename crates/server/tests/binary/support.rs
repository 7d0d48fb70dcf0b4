//! Starts `florin`, and talks to it as a client would.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// How long one look at something outside may be repeated, 20 ms apart.
const LOOKS: usize = 6_000;

/// `florin` with nothing of the environment's settings.
pub fn command(args: &[&str]) -> Command {
    let mut command = clean(Command::new(env!("CARGO_BIN_EXE_florin")));
    command.args(args);
    command
}

fn clean(mut command: Command) -> Command {
    for name in ["FLORIN_DATABASE", "FLORIN_LISTEN", "FLORIN_MODE", "FLORIN_CONFIG", "FLORIN_LOG"] {
        command.env_remove(name);
    }
    command
}

/// Runs `florin` to its end.
pub fn florin(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

/// Runs `florin`, which must succeed, and answers what it printed.
pub fn florin_ok(args: &[&str]) -> String {
    let output = florin(args);
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Creates a tenant and answers what `--json` printed.
pub fn create_tenant(url: &str, clock: &str) -> Value {
    let printed = florin_ok(&[
        "tenant",
        "create",
        "--name",
        "Acme",
        "--clock",
        clock,
        "--json",
        "--database",
        url,
    ]);
    assert_eq!(printed.lines().count(), 1, "{printed}");
    serde_json::from_str(&printed).unwrap()
}

pub fn lending_key(tenant: &Value) -> String {
    tenant["lending"]["api_key"].as_str().unwrap().to_owned()
}

/// Looks again and again until something is there.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..LOOKS {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("waited in vain for {what}");
}

fn serving(url: &str) -> [&str; 7] {
    ["serve", "--database", url, "--listen", "127.0.0.1:0", "--log", "warn"]
}

/// A running server, killed when it is dropped.
pub struct Serving {
    child: Child,
    stdout: BufReader<std::process::ChildStdout>,
    /// `http` or `https`.
    pub scheme: String,
    pub address: SocketAddr,
}

impl Serving {
    /// Starts a server on a free port and waits for its line.
    pub fn start(url: &str) -> Self {
        Self::start_with(url, &[])
    }

    /// The same with settings from the environment.
    pub fn start_with(url: &str, settings: &[(&str, &str)]) -> Self {
        let mut command = command(&serving(url));
        command.envs(settings.iter().copied());
        Self::started(command)
    }

    /// A server without jobs, run by another program, which has this process become the server.
    pub fn start_under(url: &str, program: &[String]) -> Self {
        let mut command = clean(Command::new(&program[0]));
        command.args(&program[1..]).arg(env!("CARGO_BIN_EXE_florin")).args(serving(url));
        command.args(["--workers", "0"]);
        Self::started(command)
    }

    fn started(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("florin listening on ");
        let url = url.and_then(|url| url.split_once("://"));
        let (scheme, address) = url.unwrap_or_else(|| panic!("unexpected line: {line:?}"));
        let (scheme, address) = (scheme.to_owned(), address.parse().unwrap());
        Self { child, stdout, scheme, address }
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks the server to end, as an init system does.
    pub fn terminate(&self) {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end; answers the exit code and what else it printed.
    pub fn wait(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.end().unwrap();
    }

    fn end(&mut self) -> std::io::Result<()> {
        let tracer = self.tracer();
        self.child.kill()?;
        if let Some(tracer) = tracer {
            // It would keep the process from going; it may be gone itself.
            Command::new("kill").args(["-9", &tracer]).stderr(Stdio::null()).status()?;
        }
        self.child.wait().map(drop)
    }

    /// The process that looks into this one, when there is one.
    fn tracer(&self) -> Option<String> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("TracerPid:"))?;
        Some(line.trim().to_owned()).filter(|pid| pid != "0")
    }

    pub fn client(&self, key: &str) -> Client {
        client_of(self.address, key)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It has usually ended already.
        let _ = self.end();
    }
}

/// A client of the server at `address`.
pub fn client_of(address: SocketAddr, key: &str) -> Client {
    Client { address, key: format!("X-Api-Key: {key}"), stream: None }
}

/// One connection that is kept; requests one after another.
pub struct Client {
    address: SocketAddr,
    key: String,
    stream: Option<BufReader<TcpStream>>,
}

impl Client {
    /// The same for the simulated provider, by one of its tokens.
    pub fn with_bearer(self, token: &str) -> Self {
        let key = format!("Authorization: Bearer {token}\r\nGoCardless-Version: 2015-07-06");
        Self { key, ..self }
    }

    /// The same for external accounts, by a tenant's key and secret.
    pub fn with_basic(self, tenant: &Value) -> Self {
        self.with_pair(&tenant["external_accounts"], "key", "secret")
    }

    /// The same by any two of a tenant's keys.
    pub fn with_pair(self, keys: &Value, user: &str, password: &str) -> Self {
        let part = |name: &str| keys[name].as_str().unwrap().to_owned();
        let pair = STANDARD.encode(format!("{}:{}", part(user), part(password)));
        Self { key: format!("Authorization: Basic {pair}"), ..self }
    }

    /// The same for savings, by a tenant's token.
    pub fn with_token(self, token: &str) -> Self {
        Self { key: format!("Authorization: {token}"), ..self }
    }

    pub fn get(&mut self, path: &str) -> Value {
        self.expect_success("GET", path, None)
    }

    pub fn post(&mut self, path: &str, body: &Value) -> Value {
        self.expect_success("POST", path, Some(body))
    }

    fn expect_success(&mut self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let (status, text) = self.send(method, path, body).unwrap();
        assert!((200..300).contains(&status), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    }

    /// Sends a request and reads the whole answer; an error means that no whole answer came.
    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> std::io::Result<(u16, String)> {
        self.send_text(method, path, &body.map(Value::to_string).unwrap_or_default())
    }

    /// Goes on over a new connection: a server ends one whose request it refused without reading it.
    pub fn reconnect(&mut self) -> &mut Self {
        self.stream = None;
        self
    }

    /// The same with a body that may be no JSON.
    pub fn send_text(
        &mut self,
        method: &str,
        path: &str,
        body: &str,
    ) -> std::io::Result<(u16, String)> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => self.stream.insert(BufReader::new(TcpStream::connect(self.address)?)),
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: florin\r\n{}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.key,
            body.len(),
        );
        stream.get_mut().write_all(request.as_bytes())?;
        read_answer(stream)
    }
}

fn read_answer(stream: &mut BufReader<TcpStream>) -> std::io::Result<(u16, String)> {
    let broken = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|text| text.parse().ok()).ok_or_else(broken)?;
    let (mut length, mut is_chunked) = (0, false);
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Err(broken());
        }
        let header = line.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(|_| broken())?;
        }
        is_chunked |= header == "transfer-encoding: chunked";
    }
    let mut body = Vec::new();
    loop {
        if is_chunked {
            line.clear();
            stream.read_line(&mut line)?;
            length = usize::from_str_radix(line.trim(), 16).map_err(|_| broken())?;
        }
        let at = body.len();
        body.resize(at + length, 0);
        stream.read_exact(&mut body[at..])?;
        if !is_chunked {
            break;
        }
        line.clear();
        stream.read_line(&mut line)?;
        if length == 0 {
            break;
        }
    }
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

/// A loan of the seed's second table, paid out; made through the API.
pub fn paid_out_loan(client: &mut Client) -> String {
    let product = client.post(
        "/api/v1/product/",
        &json!({
            "type": "equal_instalments_term_loan", "name": "Six instalments",
            "max_loan_amount": 20000, "default_loan_amount": 12000,
            "max_interest_rate": 20, "default_interest_rate": 12, "installments": 6,
            "interest_calculation": "equal_instalments",
            "repayment_holiday_scheduling": "last_business_day_before_the_day",
            "calculate_interest_on_holidays": true,
            "repayment_date_type": "day_of_month", "repayment_date_period": 24,
        }),
    );
    let product = product["id"].as_str().unwrap();
    client.post(&format!("/api/v1/product/{product}/publish/"), &json!({}));
    let borrower = json!({ "type": "individual", "first_name": "Ada", "last_name": "Lovelace" });
    let borrower = client.post("/api/v1/end-user/", &borrower);
    let application = json!({
        "product": product, "end_user": borrower["id"], "amount": "12000.00", "rate": "12",
        "installments": "6",
    });
    let application = client.post("/api/v1/application/", &application);
    let application = application["id"].as_str().unwrap();
    client.post(&format!("/api/v1/application/{application}/complete/"), &json!({}));
    let loan = client.post("/api/v1/loan/", &json!({ "application": application }));
    let loan = loan["id"].as_str().unwrap().to_owned();
    let payout = json!({ "loan": loan, "type": "disbursement", "amount": "12000.00" });
    let payout = client.post("/api/v1/transaction/", &payout);
    let payout = payout["id"].as_str().unwrap();
    client.post(&format!("/api/v1/transaction/{payout}/apply/"), &json!({}));
    loan
}
