package simulate

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"github.com/faceid-go/faceid/faceidtest"
)

// config is the JSON file of -config. All of it may be absent. A flag that is given
// beside it wins.
type config struct {
	Apps             []configApp              `json:"apps"`     // the first is the one that hello names
	Accounts         []faceidtest.AccountKeys `json:"accounts"` // of API 3.0
	Rules            []faceidtest.RuleKeys    `json:"rules"`    // beside the invented ones
	Merchants        []configMerchant         `json:"merchants"`
	Dialect          faceidtest.Dialect       `json:"dialect"` // by the names of the Go fields
	Speed            float64                  `json:"speed"`   // 0: 1
	Start            time.Time                `json:"start"`   // absent: now
	Lenient          bool                     `json:"lenient"`
	Reentry          bool                     `json:"reentry"`
	UnsignedFrontEnd bool                     `json:"unsigned_front_end"`
	// FragmentAfterQuery is about addresses of the merchant that have a fragment.
	FragmentAfterQuery bool `json:"fragment_after_query"`
	// AtStart are requests to the simulator's own paths: endings, cards, checks and
	// faults that are there before the first client comes.
	AtStart []controlRequest `json:"at_start"`
}

type configApp struct {
	AppID  string `json:"app_id"`
	Secret string `json:"secret"`
	NFCKey string `json:"nfc_key"` // absent: the invented one
	// Products are those that the console has opened for the app. Absent: all.
	Products []string `json:"products"`
}

// configMerchant is a MerchantId of E证通. It is written as a text where the console
// has set nothing.
type configMerchant struct {
	MerchantID string   `json:"merchant_id"`
	Settings   []string `json:"settings"` // mini-program or h5, disabled
	SM2Key     string   `json:"sm2_key"`  // PEM of the public key; absent: results name nobody
}

func (m *configMerchant) UnmarshalJSON(text []byte) error {
	if json.Unmarshal(text, &m.MerchantID) == nil {
		return nil
	}
	type plain configMerchant // it has no UnmarshalJSON
	read := json.NewDecoder(bytes.NewReader(text))
	read.DisallowUnknownFields()
	return read.Decode((*plain)(m))
}

// option returns what the configuration asks of the simulator.
func (m configMerchant) option() (faceidtest.Option, error) {
	settings, err := ruleSettings("merchant "+m.MerchantID, m.Settings)
	if err != nil || m.SM2Key == "" {
		return faceidtest.WithMerchant(m.MerchantID, nil, settings...), err
	}
	block, _ := pem.Decode([]byte(m.SM2Key))
	if block == nil {
		return nil, fmt.Errorf("merchant %s: the sm2_key is no PEM", m.MerchantID)
	}
	key, err := smx509.ParsePKIXPublicKey(block.Bytes)
	public, isKey := key.(*ecdsa.PublicKey)
	if err != nil || !isKey {
		return nil, fmt.Errorf("merchant %s: the sm2_key is no public key", m.MerchantID)
	}
	return faceidtest.WithMerchant(m.MerchantID, public, settings...), nil
}

// ruleSettings reads the names of settings.
func ruleSettings(whose string, names []string) (settings []faceidtest.RuleSetting, err error) {
	for _, name := range names {
		setting, known := faceidtest.ParseRuleSetting(name)
		if !known {
			return nil, fmt.Errorf("%s: the setting %q is unknown", whose, name)
		}
		settings = append(settings, setting)
	}
	return settings, nil
}

type controlRequest struct {
	Path string          `json:"path"` // as in "/sim/order"
	Body json.RawMessage `json:"body"`
}

// readConfig reads the file. A name that it does not know is refused, because it is
// mostly misspelt.
func readConfig(path string) (c config, err error) {
	text, err := os.ReadFile(path) //nolint:gosec // the file that the person at the keyboard names
	if err != nil {
		return c, err
	}
	read := json.NewDecoder(bytes.NewReader(text))
	read.DisallowUnknownFields()
	if err := read.Decode(&c); err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	if read.More() {
		return c, fmt.Errorf("%s: something stands behind the configuration", path)
	}
	return c, nil
}

// options returns what the configuration asks of the simulator.
func (c config) options() (opts []faceidtest.Option, err error) {
	for _, a := range c.Apps {
		opts = append(opts, faceidtest.WithApp(a.AppID, a.Secret))
		if a.NFCKey != "" {
			opts = append(opts, faceidtest.WithNFCKey(a.AppID, a.NFCKey))
		}
		if a.Products != nil {
			opts = append(opts, faceidtest.WithAppProducts(a.AppID, a.Products...))
		}
	}
	for _, a := range c.Accounts {
		var token []string
		if a.Token != "" {
			token = []string{a.Token}
		}
		opts = append(opts, faceidtest.WithCloudAccount(a.SecretID, a.SecretKey, token...))
	}
	for _, r := range c.Rules {
		settings, err := ruleSettings("rule "+r.RuleID, r.Settings)
		if err != nil {
			return nil, err
		}
		opts = append(opts, faceidtest.WithRule(r.RuleID, r.Product, settings...))
	}
	for _, m := range c.Merchants {
		opt, err := m.option()
		if err != nil {
			return nil, err
		}
		opts = append(opts, opt)
	}
	if c.Speed != 0 {
		opts = append(opts, faceidtest.WithSpeed(c.Speed))
	}
	if !c.Start.IsZero() {
		opts = append(opts, faceidtest.WithStart(c.Start))
	}
	for _, o := range []struct {
		on  bool
		opt func() faceidtest.Option
	}{
		{c.Lenient, faceidtest.WithLenient}, {c.Reentry, faceidtest.WithReentry},
		{c.UnsignedFrontEnd, faceidtest.WithUnsignedFrontEnd}, {c.FragmentAfterQuery, faceidtest.WithFragmentAfterQuery},
	} {
		if o.on {
			opts = append(opts, o.opt())
		}
	}
	return append(opts, faceidtest.WithDialect(c.Dialect)), nil
}

// begin makes the requests of at_start.
func (c config) begin(ctx context.Context, sim *faceidtest.Server) error {
	for i, q := range c.AtStart {
		if !strings.HasPrefix(q.Path, "/sim/") {
			return fmt.Errorf("at_start[%d]: the path %q does not begin with /sim/", i, q.Path)
		}
		request := httptest.NewRequestWithContext(ctx, http.MethodPost, q.Path, bytes.NewReader(q.Body))
		request.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		sim.ServeHTTP(answer, request)
		if answer.Code != http.StatusOK {
			return fmt.Errorf("at_start[%d]: %s", i, strings.TrimSpace(answer.Body.String()))
		}
	}
	return nil
}

// parseDialect sets the switches that a list names, as in "SuccessTrue,FlatResult".
func parseDialect(list string, d *faceidtest.Dialect) error {
	v := reflect.ValueOf(d).Elem()
	for name := range strings.SplitSeq(list, ",") {
		field := v.FieldByName(strings.TrimSpace(name))
		if !field.IsValid() {
			var known []string
			for i := range v.NumField() {
				known = append(known, v.Type().Field(i).Name)
			}
			return errors.New("-dialect: " + name + " is none of " + strings.Join(known, ", "))
		}
		field.SetBool(true)
	}
	return nil
}
