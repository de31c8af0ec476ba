package betraceprocessor

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

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

// tellMissing names what must be there when the Collector starts and is not here: validation may run elsewhere, so it is no
// fault, and a Collector whose disk is not there yet passes spans on all the same.
func (c *Evidence) tellMissing(to io.Writer) {
	if c.Every == 0 {
		return
	}
	tell := func(key string, err error, what string) {
		if err != nil {
			_, _ = fmt.Fprintf(to, "warning: evidence::%s: %v; %s\n", key, err, what)
		}
	}
	if c.Emit == "file" && c.Directory != "" {
		tell("directory", isDirectory(c.Directory), "records wait in vain before it is a directory in which the Collector may write")
	}
	const withoutKey = "the Collector does not start without it"
	tell("key_file", mayRead(c.KeyFile), withoutKey)
	tell("previous_key_file", mayRead(c.PreviousKeyFile), withoutKey)
}

// isDirectory is nil if it is one. Whether the Collector may write there its first record shows, as it starts.
func isDirectory(path string) error {
	status, err := os.Stat(path)
	if err == nil && !status.IsDir() {
		err = &fs.PathError{Op: "open", Path: path, Err: syscall.ENOTDIR}
	}
	return err
}

// mayRead is nil if the file can be read, or none is named.
func mayRead(file string) error {
	if file == "" {
		return nil
	}
	opened, err := os.Open(file)
	if err != nil {
		return err
	}
	return opened.Close()
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
