package betraceprocessor

import (
	"errors"
	"fmt"
	"os"

	"github.com/betracehq/betrace/go/betrace"
)

// validate checks what concerns several keys.
func (c *Evidence) validate() error {
	var err error
	if c.KeyFile != "" && c.Key != "" {
		err = errors.New("evidence::key_file and evidence::key are two keys; one signs")
	}
	if c.PreviousKeyFile != "" && c.KeyFile == "" && c.Key == "" {
		err = errors.Join(err, errors.New("evidence::previous_key_file is nothing without a key"))
	}
	if c.Every > 0 && c.Emit == "file" && c.Directory == "" {
		err = errors.Join(err, errors.New("evidence::directory must be set where evidence::emit is file"))
	}
	return err
}

// signingKey reads the keys; nil where there is none. What is wrong is said without a key.
func (c *Evidence) signingKey() (*betrace.Signer, error) {
	pem := []byte(c.Key)
	var previous []byte
	var err error
	if c.KeyFile != "" {
		if pem, err = os.ReadFile(c.KeyFile); err != nil {
			return nil, fmt.Errorf("evidence::key_file: %w", err)
		}
	}
	if c.PreviousKeyFile != "" {
		if previous, err = os.ReadFile(c.PreviousKeyFile); err != nil {
			return nil, fmt.Errorf("evidence::previous_key_file: %w", err)
		}
	}
	if len(pem) == 0 {
		return nil, nil
	}
	signer, err := betrace.NewSigner(pem, previous)
	if err != nil {
		return nil, fmt.Errorf("evidence: the key: %w", err)
	}
	return signer, nil
}
