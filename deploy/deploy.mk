# Targets for what operators mount; included by the Makefile, whose names are used here.

IMAGE ?= betrace/otelcol-betrace:0.1.0
# Any of docker, podman, buildah; the first that is installed.
IMAGE_BUILDER ?= $(firstword $(foreach builder,docker podman buildah,$(if $(shell command -v $(builder)),$(builder))))
# The certificates by which the image knows the backends it sends to: this machine's, unless another bundle is named.
CA_BUNDLE ?= /etc/ssl/certs/ca-certificates.crt

# A binary that needs no file of the system it runs on: names are resolved by Go (netgo, osusergo), and the native
# library and libc are linked in. The linker warns of two functions of libc that Rust's standard library names and nobody calls.
.PHONY: image-files
image-files: lib $(GENERATED)
	$(call say,Linking the Collector statically into target/image)
	@mkdir -p target/image
	@cd target/otelcol && $(GO_BUILD) -v -tags netgo,osusergo -ldflags='-s -w -buildid= -linkmode external -extldflags "-static"' -o ../image/otelcol-betrace . $(packages)
	@[ -s '$(CA_BUNDLE)' ] || { echo 'No CA certificates at $(CA_BUNDLE): name a bundle with CA_BUNDLE=path' >&2; exit 1; }
	@cp -L '$(CA_BUNDLE)' target/image/ca-certificates.crt

## image: a container image from scratch (IMAGE=name:tag IMAGE_BUILDER=docker, podman or buildah; CA_BUNDLE=path)
.PHONY: image
image: image-files
	@[ -n '$(IMAGE_BUILDER)' ] || { echo 'No builder of images: install docker, podman or buildah' >&2; exit 1; }
	$(call say,Building the image $(IMAGE) with $(IMAGE_BUILDER))
	@$(IMAGE_BUILDER) build --file deploy/image/Dockerfile --tag '$(IMAGE)' target/image

target/tools/helm: go/tools/helm/go.mod go/tools/helm/go.sum
	$(call say,Building helm)
	@mkdir -p target/tools
	@cd go/tools/helm && CGO_ENABLED=0 $(GO_BUILD) -o ../../../$@ helm.sh/helm/v3/cmd/helm
	@touch $@

target/tools/cyclonedx-gomod target/tools/licences: go/tools/sbom/go.mod go/tools/sbom/go.sum $(wildcard go/tools/sbom/licences/*.go)
	$(call say,Building $(notdir $@))
	@mkdir -p target/tools
	@cd go/tools/sbom && CGO_ENABLED=0 $(GO_BUILD) -o ../../../$@ $(if $(filter %licences,$@),./licences,github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod)
	@touch $@

## sbom: what is in the Collector, its native library and the command, as CycloneDX: dist/*.cdx.json; the same build, the same bytes
.PHONY: sbom
sbom: collector target/tools/cyclonedx-gomod $(CARGO_CYCLONEDX)
	$(call say,Listing the modules of the Collector)
	@target/tools/cyclonedx-gomod bin -json -noserial -notimestamp -output $(COLLECTOR).cdx.json $(COLLECTOR)
	$(call say,Listing the crates of the native library and of the command)
	@deploy/sbom.sh $(CARGO_CYCLONEDX) dist

## reproduce: build the Collector twice from the last commit, in folders of different names, and compare (some twenty minutes)
.PHONY: reproduce
reproduce:
	$(call say,Building the Collector twice)
	@deploy/reproduce.sh

## licences: under which licences crates and Go modules are; fails where one is under none that is allowed
.PHONY: licences
licences: collector $(CARGO_DENY) target/tools/licences
	$(call say,Checking the licences of crates)
	@$(CARGO_DENY) --log-level error check --hide-inclusion-graph licenses
	$(call say,Checking the licences of the Go modules in the Collector)
	@target/tools/licences $(COLLECTOR)

# The backend that is asked what it shows of violations. Its module carries no pages, only the API behind them.
target/tools/jaeger: go/tools/jaeger/go.mod go/tools/jaeger/go.sum
	$(call say,Building Jaeger (once: some minutes))
	@mkdir -p target/tools
	@cd go/tools/jaeger && CGO_ENABLED=0 $(GO_BUILD) -v -o ../../../$@ github.com/jaegertracing/jaeger/cmd/jaeger $(packages)
	@touch $@

# The broker through which spans reach a tier of checkers.
target/tools/kafka: go/e2e/kafka/pom.xml
	$(call say,Fetching Kafka)
	@rm -rf $@ && mkdir -p target/tools
	@mvn --quiet --batch-mode --file go/e2e/kafka/pom.xml dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/$@
	@touch $@

# SDKs that send to the Collector in the end-to-end tests: of each language that is here.
SDKS := go/e2e/sdks
target/tools/sdks: $(wildcard $(SDKS)/*/*) $(wildcard go/demoshop/cmd/checkout/*.go)
	$(call say,Installing SDKs)
	@rm -rf $@ && mkdir -p $@.new
	@cd go/demoshop && $(GO_BUILD) -o ../../$@.new/checkout ./cmd/checkout
	@python3 -m venv $@.new/python && $@.new/python/bin/pip install --quiet --no-compile --disable-pip-version-check --requirement $(SDKS)/python/requirements.txt
	@! command -v npm >/dev/null || { cp -r $(SDKS)/node $@.new/node && cd $@.new/node && npm ci --no-audit --no-fund --silent; }
	@! command -v mvn >/dev/null || { mvn --quiet --batch-mode --file $(SDKS)/java/pom.xml dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/$@.new/java && \
		javac -d $@.new/java/classes -cp '$@.new/java/*' $(SDKS)/java/Checkout.java; }
	@mv $@.new $@

# Without the service discoveries, which are most of its code and of no use here.
target/tools/promtool target/tools/prometheus: target/tools/%: go/tools/prometheus/go.mod go/tools/prometheus/go.sum
	$(call say,Building $*)
	@mkdir -p target/tools
	@cd go/tools/prometheus && CGO_ENABLED=0 $(GO_BUILD) -tags remove_all_sd -o ../../../$@ github.com/prometheus/prometheus/cmd/$*
	@touch $@

# Grafana's published types and grammars; without npm the dashboard is held against Prometheus alone.
GRAFANA_CHECK := deploy/grafana/check/node_modules/.package-lock.json
$(GRAFANA_CHECK): deploy/grafana/check/package.json deploy/grafana/check/package-lock.json
	$(call say,Fetching the published schema of Grafana)
	@cd deploy/grafana/check && npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

## deploy-test: test what operators mount: image, alerts, dashboard, Helm values (CHART=folder of the chart)
.PHONY: deploy-test
deploy-test: collector image-files target/tools/promtool target/tools/prometheus $(if $(shell command -v npm),$(GRAFANA_CHECK)) $(if $(CHART),target/tools/helm)
	$(call say,Testing the image and the alerts and the dashboard and the Helm values)
	@cd go/e2e && BETRACE_IMAGE_FILES=$(CURDIR)/target/image CHART='$(abspath $(CHART))' go test -count=1 -v -run 'Helm|Chart|Router|Image|Alert|Runbook|Dashboard|Windows' .
