// Package shop is the demo shop: seven services that talk HTTP over loopback, each with a tracer provider and a
// resource of its own, as if they were seven processes.
//
//	storefront ─▶ checkout ─▶ inventory, payment
//	           ─▶ accounts, identity, inventory, assistant ─▶ identity, payment
package shop

import (
	"context"
	"errors"
	"fmt"
)

// Faults are what can be wrong with the shop. The zero value is a healthy shop.
type Faults struct {
	SkipFraudCheck     bool
	MissingAudit       bool
	RetryStorm         bool
	UnauthorisedAccess bool
	UnapprovedTool     bool
}

// Shop is the running set of services.
type Shop struct {
	services   []*service // in the order in which they were opened: a service only calls earlier ones
	storefront string     // base URL
}

// Open starts all services on free loopback ports and exports their spans as telemetry says.
func Open(ctx context.Context, telemetry Telemetry, faults Faults) (*Shop, error) {
	s := &Shop{}
	open := func(name string, routes func(*service)) (string, error) {
		svc, err := openService(ctx, name, telemetry, routes)
		if err != nil {
			return "", errors.Join(fmt.Errorf("start %s: %w", name, err), s.Close(context.WithoutCancel(ctx)))
		}
		s.services = append(s.services, svc)
		return svc.url, nil
	}

	identity, err := open("identity", identityRoutes)
	if err != nil {
		return nil, err
	}
	inventory, err := open("inventory", inventoryRoutes(faults))
	if err != nil {
		return nil, err
	}
	payment, err := open("payment", paymentRoutes(faults))
	if err != nil {
		return nil, err
	}
	checkout, err := open("checkout", checkoutRoutes(faults, inventory, payment))
	if err != nil {
		return nil, err
	}
	accounts, err := open("accounts", accountsRoutes(faults, identity))
	if err != nil {
		return nil, err
	}
	assistant, err := open("assistant", assistantRoutes(faults, identity, payment))
	if err != nil {
		return nil, err
	}
	s.storefront, err = open("storefront", storefrontRoutes(faults, backends{
		identity: identity, inventory: inventory, checkout: checkout, accounts: accounts, assistant: assistant,
	}))
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Close stops the services from the front to the back, so that no request is cut, and exports what is queued.
func (s *Shop) Close(ctx context.Context) error {
	var errs []error
	for i := len(s.services) - 1; i >= 0; i-- {
		errs = append(errs, s.services[i].close(ctx))
	}
	return errors.Join(errs...)
}
