package faceid

import (
	"fmt"
	"strings"
)

// Both sites of API 3.0 have most checks. This file chooses the site that is asked.

// siteOf returns the site that is asked for an action that both sites may have. A Client
// with one door asks through it. A Client with both asks the site of WithCheckSite, and
// without that option China. An action that only China has is refused where the
// international site is asked: personal data goes to no other site than the one that was
// chosen.
func (c *Client) siteOf(op, action string) (Site, error) {
	site := c.checkSite
	if site == "" {
		site = SiteChina
		if c.cloud == nil && c.intl != nil && offeredAbroad(action) {
			site = SiteInternational
		}
	}
	if site == SiteInternational && !offeredAbroad(action) {
		return "", &Error{Op: op, Family: ErrRequest, Err: fmt.Errorf(
			"%w: the international site does not have it: it needs WithCloud, and no WithCheckSite(SiteInternational)", ErrDoorClosed)}
	}
	_, err := c.door(op, site)
	return site, err
}

// sentAbroad is a request whose documents differ on the international site.
type sentAbroad interface{ validateAbroad(op string) error }

// validateAt refuses what only the chosen site would refuse.
func validateAt(op string, site Site, r any) error {
	if differs, ok := r.(sentAbroad); ok && site == SiteInternational {
		return differs.validateAbroad(op)
	}
	return nil
}

// chinaOnly refuses a member that the international site does not have.
func chinaOnly(op, field, value string) error {
	if value != "" {
		return badArgument(op, field, "must be empty: the international site does not have it")
	}
	return nil
}

func (v *IdCardOCRVerificationRequest) validateAbroad(op string) error {
	return chinaOnly(op, "Config", v.Config)
}

func (v *PhoneVerificationRequest) validateAbroad(op string) error {
	return chinaOnly(op, "VerifyMode", string(v.VerifyMode))
}

func (v *LivenessCompareRequest) validateAbroad(op string) error {
	return v.LivenessType.validateOwnDigits(op, v.ValidateData)
}

// validateOwnDigits refuses digits that no person can be asked to read where the caller
// makes them up.
func (t LivenessType) validateOwnDigits(op, data string) error {
	if t == LivenessDigits && (len(data) != 4 || strings.Trim(data, "0123456789") != "") {
		return badArgument(op, "ValidateData", "must be 4 digits of your own with LivenessDigits")
	}
	return nil
}
