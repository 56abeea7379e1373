// Package setup reads what the commands need to reach the platform: from the environment,
// or from a file. Secrets are never taken from arguments, because every user of a machine
// can list those.
package setup

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/joho/godotenv"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"

	"github.com/faceid-go/faceid"
)

// These are the names that a command reads, in the environment or in the file of --config.
// For a name that ends in SECRET, KEY, TOKEN, TICKET or STORE, NAME_FILE may name a file
// that holds the value instead, as vaults and orchestrators mount it.
const (
	AppID         = "FACEID_APP_ID"
	Secret        = "FACEID_SECRET"
	Product       = "FACEID_PRODUCT"
	NFCKey        = "FACEID_NFC_KEY"
	Ticket        = "FACEID_TICKET"
	BaseURL       = "FACEID_BASE_URL"
	Store         = "FACEID_STORE"
	StorePrefix   = "FACEID_STORE_PREFIX"
	FlowToken     = "FACEID_FLOW_TOKEN" //nolint:gosec // the name of the variable of one flow, for record, and no secret
	CloudID       = "TENCENTCLOUD_SECRET_ID"
	CloudKey      = "TENCENTCLOUD_SECRET_KEY"
	CloudToken    = "TENCENTCLOUD_TOKEN" //nolint:gosec // the name of a secret, and no secret
	CloudRegion   = "FACEID_CLOUD_REGION"
	CloudEndpoint = "FACEID_CLOUD_ENDPOINT"
	IntlID        = "TENCENTCLOUD_INTL_SECRET_ID"
	IntlKey       = "TENCENTCLOUD_INTL_SECRET_KEY"
	IntlToken     = "TENCENTCLOUD_INTL_TOKEN" //nolint:gosec // likewise
	IntlRegion    = "FACEID_INTL_REGION"
	IntlEndpoint  = "FACEID_INTL_ENDPOINT"
)

// ErrSetup says that the environment or the file of --config cannot be used. The text names
// the variable and quotes no value.
var ErrSetup = errors.New("bad configuration")

func bad(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrSetup, fmt.Sprintf(format, args...))
}

// Env is what a command was given. It prints as its type.
type Env struct {
	lookup func(string) (string, bool)
	file   map[string]string
}

// Read reads the file of --config, if there is one. A variable of the environment wins over
// the file.
func Read(lookup func(string) (string, bool), config string) (*Env, error) {
	e := &Env{lookup: lookup}
	if config == "" {
		return e, nil
	}
	file, err := godotenv.Read(config)
	if err != nil {
		var path *os.PathError
		if errors.As(err, &path) {
			return nil, bad("--config: %v", err)
		}
		return nil, bad("--config: %s is no list of NAME=value lines", config) // the parser's own text quotes the line
	}
	e.file = file
	return e, nil
}

// Format prints no value, whatever the verb.
func (e *Env) Format(f fmt.State, _ rune) { fmt.Fprint(f, "setup.Env") }

// Get returns the value of a name, or "" if it is set nowhere. A name that is set and empty
// is refused, as "$SECRET" is if nobody set it.
func (e *Env) Get(name string) (string, error) {
	value, set := e.find(name)
	if !set && MayBeFile(name) {
		path, hasFile := e.find(name + "_FILE")
		if !hasFile {
			return "", nil
		}
		text, err := os.ReadFile(path) //nolint:gosec // the file that the operator names
		if err != nil {
			return "", bad("%s_FILE: %v", name, err)
		}
		value, set = strings.TrimRight(string(text), "\r\n"), true // editors end a file with a line break
	}
	switch {
	case !set:
		return "", nil
	case value == "":
		return "", bad("%s is set, and empty", name)
	case strings.ContainsFunc(value, unicode.IsControl) || strings.TrimSpace(value) != value:
		return "", bad("%s has a blank, a line break or the like at an end or within", name)
	}
	return value, nil
}

func (e *Env) find(name string) (string, bool) {
	if value, set := e.lookup(name); set {
		return value, true
	}
	value, set := e.file[name]
	return value, set
}

// MayBeFile reports whether NAME_FILE may name a file that holds the value of a name.
func MayBeFile(name string) bool {
	for _, end := range []string{"SECRET", "KEY", "TOKEN", "TICKET", "STORE"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// Several returns the values of names, in their order.
func (e *Env) Several(names ...string) ([]string, error) {
	values := make([]string, len(names))
	for i, name := range names {
		var err error
		if values[i], err = e.Get(name); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// App is the kyc1 door of the environment.
type App struct {
	ID, Secret, BaseURL string
	Product             faceid.Product
	NFCKey              string
}

// Format prints the appID alone, whatever the verb.
func (a App) Format(f fmt.State, _ rune) { fmt.Fprint(f, "app "+a.ID) }

// appProducts are the products that an appID can be opened for.
var appProducts = []faceid.Product{
	faceid.ProductPlus, faceid.ProductEnhanced, faceid.ProductBasic, faceid.ProductWill,
	faceid.ProductIDCardOCR, faceid.ProductBankCardOCR, faceid.ProductNFC,
}

// App returns the kyc1 door, or nil if the environment has none. An appID without a secret,
// and a secret without an appID, is refused.
func (e *Env) App() (*App, error) {
	v, err := e.Several(AppID, Secret, BaseURL, Product, NFCKey)
	switch {
	case err != nil:
		return nil, err
	case v[0] == "" && v[1] == "":
		return nil, nil
	case v[0] == "":
		return nil, bad("%s is set, and %s is not", Secret, AppID)
	case v[1] == "":
		return nil, bad("%s is set, and %s is not", AppID, Secret)
	case v[3] != "" && !slices.Contains(appProducts, faceid.Product(v[3])):
		return nil, bad("%s must be one of %v", Product, appProducts)
	}
	return &App{ID: v[0], Secret: v[1], BaseURL: v[2], Product: faceid.Product(v[3]), NFCKey: v[4]}, nil
}

// Options returns the options of New for this door, without a store.
func (a *App) Options() []faceid.Option {
	opts := []faceid.Option{faceid.WithApp(a.ID, a.Secret)}
	if a.BaseURL != "" {
		opts = append(opts, faceid.WithBaseURL(a.BaseURL))
	}
	if a.Product != "" {
		opts = append(opts, faceid.WithProduct(a.Product))
	}
	if a.NFCKey != "" {
		opts = append(opts, faceid.WithNFCKey(a.NFCKey))
	}
	return opts
}

// Cloud is a door of API 3.0 in the environment.
type Cloud struct {
	Site             faceid.Site
	ID, Key, Token   string
	Region, Endpoint string
}

// Format prints the site and the region, whatever the verb.
func (c Cloud) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "API 3.0 %s %s", c.Site, c.Region) }

// Cloud returns the doors of API 3.0 that the environment has. The region is ap-guangzhou in
// China and ap-singapore abroad, unless the environment names another.
func (e *Env) Cloud() ([]*Cloud, error) {
	var doors []*Cloud
	for _, site := range []struct {
		site                             faceid.Site
		id, key, token, region, endpoint string
		usual                            string
	}{
		{faceid.SiteChina, CloudID, CloudKey, CloudToken, CloudRegion, CloudEndpoint, "ap-guangzhou"},
		{faceid.SiteInternational, IntlID, IntlKey, IntlToken, IntlRegion, IntlEndpoint, "ap-singapore"},
	} {
		v, err := e.Several(site.id, site.key, site.token, site.region, site.endpoint)
		switch {
		case err != nil:
			return nil, err
		case v[0] == "" && v[1] == "":
			continue
		case v[0] == "":
			return nil, bad("%s is set, and %s is not", site.key, site.id)
		case v[1] == "":
			return nil, bad("%s is set, and %s is not", site.id, site.key)
		}
		if v[3] == "" {
			v[3] = site.usual
		}
		doors = append(doors, &Cloud{Site: site.site, ID: v[0], Key: v[1], Token: v[2], Region: v[3], Endpoint: v[4]})
	}
	return doors, nil
}

// Options returns the options of New for this door.
func (c *Cloud) Options() []faceid.Option {
	cred := common.NewTokenCredential(c.ID, c.Key, c.Token)
	door, endpoint := faceid.WithCloud, faceid.WithCloudEndpoint
	if c.Site == faceid.SiteInternational {
		door, endpoint = faceid.WithIntl, faceid.WithIntlEndpoint
	}
	opts := []faceid.Option{door(cred, c.Region)}
	if c.Endpoint != "" {
		opts = append(opts, endpoint(c.Endpoint))
	}
	return opts
}
