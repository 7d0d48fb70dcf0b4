//! Counting and timing requests by route, method and class of status.
//!
//! The handles of the series are kept, so that a request costs one look-up in a small map. The
//! recorder must therefore be installed before the first request is served.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use axum::http::{Method, StatusCode};
use metrics::{Counter, Histogram};

/// The route of requests that no route matches.
pub(crate) const NO_ROUTE: &str = "none";

#[derive(Default)]
pub(crate) struct Meter {
    routes: RwLock<HashMap<String, Vec<Series>>>,
}

struct Series {
    method: &'static str,
    class: &'static str,
    requests: Counter,
    seconds: Histogram,
}

impl Series {
    fn record(&self, took: Duration) {
        self.requests.increment(1);
        self.seconds.record(took.as_secs_f64());
    }
}

impl Meter {
    /// Counts one request. `route` is one of the fixed patterns, never what a client typed.
    pub(crate) fn record(&self, route: &str, method: &Method, status: StatusCode, took: Duration) {
        let (method, class) = (method_label(method), class_label(status));
        {
            let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
            let known = routes.get(route).and_then(|all| find(all, method, class));
            if let Some(series) = known {
                return series.record(took);
            }
        }
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        let all = routes.entry(route.to_owned()).or_default();
        if find(all, method, class).is_none() {
            all.push(register(route, method, class));
        }
        if let Some(series) = find(all, method, class) {
            series.record(took);
        }
    }
}

fn find<'a>(all: &'a [Series], method: &str, class: &str) -> Option<&'a Series> {
    all.iter().find(|series| series.method == method && series.class == class)
}

fn register(route: &str, method: &'static str, class: &'static str) -> Series {
    let labels = || {
        [
            metrics::Label::new("route", route.to_owned()),
            metrics::Label::new("method", method),
            metrics::Label::new("status", class),
        ]
        .to_vec()
    };
    Series {
        method,
        class,
        requests: metrics::counter!("florin_http_requests_total", labels()),
        seconds: metrics::histogram!("florin_http_request_seconds", labels()),
    }
}

fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

fn class_label(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Arc, Mutex};

    use metrics::{Gauge, Key, KeyName, Metadata, Recorder, SharedString, Unit};

    use super::*;

    #[derive(Default)]
    struct Counts(Mutex<BTreeMap<String, Arc<AtomicU64>>>);

    impl Recorder for Counts {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

        fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
            let labels: Vec<&str> = key.labels().map(metrics::Label::value).collect();
            let mut counts = self.0.lock().expect("no panic");
            Counter::from_arc(Arc::clone(counts.entry(labels.join(" ")).or_default()))
        }

        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::noop()
        }

        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
            Histogram::noop()
        }
    }

    #[test]
    fn requests_are_counted_by_route_method_and_class() {
        let counts = Counts::default();
        metrics::with_local_recorder(&counts, || {
            let meter = Meter::default();
            for (method, status) in [
                (Method::GET, StatusCode::OK),
                (Method::GET, StatusCode::NO_CONTENT),
                (Method::POST, StatusCode::CONFLICT),
                (Method::CONNECT, StatusCode::OK),
            ] {
                meter.record("/a/{id}", &method, status, Duration::ZERO);
            }
            meter.record(NO_ROUTE, &Method::GET, StatusCode::NOT_FOUND, Duration::ZERO);
        });
        let counts = counts.0.into_inner().expect("no panic");
        let shown: Vec<String> = counts
            .iter()
            .map(|(labels, count)| format!("{labels} {}", count.load(Ordering::Relaxed)))
            .collect();
        let expected =
            ["/a/{id} GET 2xx 2", "/a/{id} OTHER 2xx 1", "/a/{id} POST 4xx 1", "none GET 4xx 1"];
        assert_eq!(shown, expected);
    }
}
