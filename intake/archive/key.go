package archive

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// key is the desk's private key (Ed25519, RFC 8032), which is made when it is
// first needed.
func (a *Archive) key() (ed25519.PrivateKey, error) {
	key, err := readKey(a.KeyFile)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	_, key, err = ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the desk's key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("making the desk's key: %w", err)
	}
	if err := writeKey(a.KeyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})); err != nil {
		return nil, fmt.Errorf("keeping the desk's key: %w", err)
	}
	return key, nil
}

// writeKey puts a whole file at its place, or none.
func writeKey(name string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".key-*") // for nobody else (mode 0600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if _, err := f.Write(data); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return err
	}
	return syncDir(filepath.Dir(name))
}

func readKey(name string) (ed25519.PrivateKey, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading the desk's key: %w", err)
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("reading the desk's key: %s is not PEM", name)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("reading the desk's key: %w", err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("reading the desk's key: %s holds no Ed25519 key", name)
	}
	return key, nil
}

func publicPEM(key ed25519.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

// fingerprint is the SHA-256 of the public key in DER, in hex.
func fingerprint(key ed25519.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "" // an Ed25519 key can always be written
	}
	return sumOf(der)
}

// checkSignature verifies the manifest by the key that lies beside it, if that
// is the one in the records.
func checkSignature(dir string, manifest []byte, keySum string) error {
	data, err := os.ReadFile(filepath.Join(dir, keyName))
	if err != nil {
		return err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return fmt.Errorf("%s is not PEM", keyName)
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return fmt.Errorf("reading %s: %w", keyName, err)
	}
	key, ok := parsed.(ed25519.PublicKey)
	if !ok || fingerprint(key) != keySum {
		return fmt.Errorf("%s is not the key of the records", keyName)
	}
	signature, err := os.ReadFile(filepath.Join(dir, signatureName))
	if err != nil {
		return err
	}
	if !ed25519.Verify(key, manifest, signature) {
		return fmt.Errorf("%s does not fit %s", signatureName, manifestName)
	}
	return nil
}
