// Command program is a shop of two servers, one of net/http and one of gin, and their client.
//
// Ten calls, five of each server: two answered, one to no route, one whose handler panics, one that answers 503 itself. They are eleven
// requests: where a panic closes a kept connection the client's transport asks once more. The client then makes two calls that nobody serves, one that times out and one that is refused: twelve calls. The handler of orders asks the
// database once, that of the second order twice, the second time for a table that there is not: six calls of it.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/XSAM/otelsql"
	"github.com/gin-gonic/gin"
	_ "github.com/jackc/pgx/v5/stdlib"
	"go.opentelemetry.io/contrib/instrumentation/github.com/gin-gonic/gin/otelgin"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
)

func main() {
	ctx := context.Background()
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter))
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.TraceContext{})
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
	if err := provider.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	database, err := otelsql.Open("pgx", os.Getenv("POSTGRES"))
	if err != nil {
		return err
	}
	defer database.Close()
	database.SetMaxOpenConns(1)

	plain := http.NewServeMux()
	plain.HandleFunc("GET /orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		order(r.Context(), database, r.PathValue("id"))
		fmt.Fprintln(w, "{}")
	})
	plain.HandleFunc("GET /panics", func(http.ResponseWriter, *http.Request) { panic("no such order") })
	plain.HandleFunc("GET /unavailable", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })

	gin.SetMode(gin.ReleaseMode)
	gin.DefaultErrorWriter = io.Discard
	ginned := gin.New()
	ginned.Use(gin.Recovery(), otelgin.Middleware("shop"))
	ginned.GET("/orders/:id", func(c *gin.Context) {
		order(c.Request.Context(), database, c.Param("id"))
		c.JSON(http.StatusOK, gin.H{})
	})
	ginned.GET("/panics", func(*gin.Context) { panic("no such order") })
	ginned.GET("/unavailable", func(c *gin.Context) { c.Status(http.StatusServiceUnavailable) })

	client := http.Client{Transport: otelhttp.NewTransport(http.DefaultTransport), Timeout: 500 * time.Millisecond}
	for _, handler := range []http.Handler{otelhttp.NewHandler(plain, "server"), ginned} {
		base, stop, err := serve(handler)
		if err != nil {
			return err
		}
		for _, path := range []string{"/orders/7?access_token=secret", "/orders/8", "/nothing", "/panics", "/unavailable"} {
			get(ctx, &client, base+path)
		}
		stop()
	}
	get(ctx, &client, os.Getenv("UPSTREAM")+"/slow")
	get(ctx, &client, os.Getenv("REFUSED"))
	return nil
}

// order asks for one order, and of the eighth for what there is not.
func order(ctx context.Context, database *sql.DB, id string) {
	var one int
	_ = database.QueryRowContext(ctx, "SELECT 1").Scan(&one)
	if id == "8" {
		_ = database.QueryRowContext(ctx, "SELECT item FROM nothing").Scan(&one)
	}
}

func serve(handler http.Handler) (string, func(), error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0)}
	go server.Serve(listener)
	return "http://" + listener.Addr().String(), func() { _ = server.Shutdown(context.Background()) }, nil
}

func get(ctx context.Context, client *http.Client, url string) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		log.Fatal(err)
	}
	// That a call fails is what it is for.
	if answer, err := client.Do(request); err == nil {
		_, _ = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
	}
}
