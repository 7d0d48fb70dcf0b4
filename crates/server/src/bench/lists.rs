//! Pages and downloads of long lists over HTTP, with every kind of filter.

use std::time::Duration;

use florin_calendar::monotonic;
use jiff::ToSpan;
use serde_json::Value;

use super::bare::Other;
use super::book::{Book, PAID_OUT};
use super::{Figure, print, repo};
use crate::failure::Failure;
use crate::keys::sandbox_ring;
use crate::output::thousands;
use crate::services::day_runner;
use crate::settings::{self, DatabaseGroup, File, Given};

/// How often a page is asked for after the first time.
const TIMES: usize = 21;

/// What is asked for. The first time includes counting a list that was not counted before.
const PAGES: [&str; 24] = [
    "loan/",
    "loan/?status=active",
    "loan/?status=default",
    "loan/?status=late,arrears",
    "loan/?status=late&ordering=-created_at",
    "loan/?amount__gte=11990",
    "loan/?amount__gte=7000&amount__lte=8000",
    "loan/?status=default&amount__gte=11900",
    "loan/?ordering=-created_at",
    "loan/?ordering=amount",
    "loan/?status=active&ordering=-amount",
    "loan/?rate=3",
    "loan/?offset=500000",
    "loan/?status=active&offset=500000",
    "transaction/",
    "transaction/?status=failed",
    "transaction/?status=applied",
    "transaction/?type=fee",
    "transaction/?type=refund",
    "transaction/?type=repayment&status=failed",
    "transaction/?type=repayment&date__gte=2023-04-01&date__lte=2023-04-30",
    "transaction/?date__gte=2023-04-01&date__lte=2023-04-30",
    "transaction/?ordering=-created_at",
    "transaction/?offset=500000",
];

pub fn run(loans: usize, given: &Given<DatabaseGroup>, file: &File) -> Result<(), Failure> {
    let url = given.get(&settings::DATABASE, file, |text| Some(text.to_owned()))?;
    if url.contains(":memory:") {
        return Err(Failure::usage("bad setting: --database must be a file or a server here")
            .advise("The server under measurement is another process and must reach it."));
    }
    let book = Book::open(given, file)?;
    book.add_loans(loans)?;
    let tenant = book.caller.tenant;
    let runner = day_runner(book.db.clone(), sandbox_ring()?);
    runner.advance_to_blocking(tenant, PAID_OUT.checked_add(1.day())?, &mut |_| {})?;
    book.db.write_blocking(move |tx| repo::spread(tx, tenant.uuid()))?;
    println!("{:?}, {} loans and as many transactions", book.db.engine(), thousands(loans as u64));
    book.db.close();
    let args = ["serve", "--database", &url, "--listen", "127.0.0.1:0", "--log", "warn"];
    let other = Other::start(&args)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure(&other, &book.api_key))
}

async fn measure(other: &Other, api_key: &str) -> Result<(), Failure> {
    let reader = Reader {
        http: reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(600)).build()?,
        base: format!("http://{}/api/v1/", other.address),
        api_key: api_key.to_owned(),
    };
    println!("{:<70} {:>10} {:>12} {:>12}", "page of 20", "count", "first", "then (median)");
    for path in PAGES {
        reader.page(path).await?;
    }
    reader.next_to("loan/?limit=1000", 20).await?;
    for list in ["loan/", "transaction/", "loan/?ordering=rate"] {
        reader.download(list).await?;
        if let Some(peak) = other.peak_memory_mb() {
            println!("{:<44} {peak:>12} MB", "peak memory of the server");
        }
    }
    Ok(())
}

/// Who reads the lists.
struct Reader {
    http: reqwest::Client,
    base: String,
    api_key: String,
}

impl Reader {
    async fn get(&self, url: &str) -> Result<reqwest::Response, Failure> {
        let answer = self.http.get(url).header("x-api-key", &self.api_key).send().await?;
        Ok(answer.error_for_status()?)
    }

    async fn json(&self, url: &str) -> Result<(Value, Duration), Failure> {
        let started = monotonic();
        let text = self.get(url).await?.text().await?;
        let took = monotonic().saturating_duration_since(started);
        Ok((serde_json::from_str(&text)?, took))
    }

    async fn page(&self, path: &str) -> Result<(), Failure> {
        let url = format!("{}{path}", self.base);
        let (page, first) = self.json(&url).await?;
        let mut times = Vec::with_capacity(TIMES);
        for _ in 0..TIMES {
            times.push(self.json(&url).await?.1);
        }
        times.sort_unstable();
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        let count = thousands(page["count"].as_u64().unwrap_or_default());
        let median = times.get(TIMES / 2).copied().unwrap_or_default();
        println!("{path:<70} {count:>10} {:>9.1} ms {:>9.1} ms", ms(first), ms(median));
        Ok(())
    }

    /// Follows `next` as a client that reads everything does.
    async fn next_to(&self, path: &str, pages: usize) -> Result<(), Failure> {
        let mut url = format!("{}{path}&offset=500000", self.base);
        let started = monotonic();
        for _ in 0..pages {
            let (page, _) = self.json(&url).await?;
            match page["next"].as_str() {
                Some(next) => url = next.to_owned(),
                None => break,
            }
        }
        print(
            "following next from deep in the list",
            "pages",
            Figure::since(started, pages as u64),
        );
        Ok(())
    }

    async fn download(&self, path: &str) -> Result<(), Failure> {
        let join = if path.contains('?') { '&' } else { '?' };
        let started = monotonic();
        let mut answer = self.get(&format!("{}{path}{join}format=csv", self.base)).await?;
        let mut rows = 0_u64;
        while let Some(chunk) = answer.chunk().await? {
            rows += chunk.iter().filter(|byte| **byte == b'\n').count() as u64;
        }
        print(&format!("CSV of {path}"), "rows", Figure::since(started, rows));
        Ok(())
    }
}
