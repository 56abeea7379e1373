package faceidtest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestUploadAnswersAsDocumented(t *testing.T) {
	m := ready(t)

	a := m.post(uploadPath, m.uploadBody(orderNo))

	require.Equal(t, "0", a.m["code"])
	require.Regexp(t, `^\d{32}$`, a.m["bizSeqNo"])
	r := a.result()
	require.Equal(t, orderNo, r["orderNo"])
	require.Regexp(t, `^tx[0-9a-f]{30}$`, r["faceId"])
	require.Equal(t, "kyc1.faceid.test", r["optimalDomain"])
	require.Equal(t, false, r["success"])
	require.Equal(t, "uploaded", m.sim.OrderState(m.appID, orderNo))
}

// uploads sends each row, and compares the code of the answer.
func uploads(m *merchant, rows map[string]uploadRow) {
	t := m.t
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, row.code, m.post(uploadPath, row.body).code())
		})
	}
}

func TestUploadRefusesEachBadParameter(t *testing.T) {
	m := ready(t)
	m.sim.AddApp("TIDA0002", "other")
	good := m.uploadBody(orderNo)
	signedBy := func(ticket string) string { return sign(m.appID, userID, "1.0.0", nonce, ticket) }
	nonceTicket := m.nonceTicket()

	uploads(m, map[string]uploadRow{
		"no appId":                   {without(good, "appId"), "66660000"},
		"no orderNo":                 {without(good, "orderNo"), "66660000"},
		"no name":                    {without(good, "name"), "66660000"},
		"no idNo":                    {without(good, "idNo"), "66660000"},
		"empty name":                 {with(good, "name", ""), "66660000"},
		"no userId":                  {without(good, "userId"), "66660000"},
		"no version":                 {without(good, "version"), "66660000"},
		"no sign":                    {without(good, "sign"), "66660000"},
		"no nonce":                   {without(good, "nonce"), "66660000"},
		"empty sign":                 {with(good, "sign", ""), "66660000"},
		"webankAppId for appId":      {with(without(good, "appId"), "webankAppId", m.appID), "66660000"},
		"appid for appId":            {with(without(good, "appId"), "appid", m.appID), "66660000"},
		"an unknown member":          {with(good, "ticket", "x"), "66660000"},
		"orderNo of 33":              {with(good, "orderNo", nonce+"1"), "66660000"},
		"orderNo with a dash":        {with(good, "orderNo", "a-b"), "66660000"},
		"userId of 33":               {with(good, "userId", nonce+"1"), "66660000"},
		"userId with a slash":        {with(good, "userId", "a/b"), "66660000"},
		"nonce of 31":                {with(good, "nonce", nonce[1:]), "66660000"},
		"nonce of 33":                {with(good, "nonce", nonce+"x"), "66660000"},
		"nonce with a dash":          {with(good, "nonce", nonce[1:]+"-"), "66660000"},
		"another nonce":              {with(good, "nonce", strings.ToUpper(nonce)), "400101"},
		"another user":               {with(good, "userId", "user2"), "400101"},
		"other version":              {with(good, "version", "1.0"), "400106"},
		"unknown app":                {with(good, "appId", "TIDA9999"), "400101"},
		"other app":                  {with(good, "appId", "TIDA0002", "sign", sign("TIDA0002", userID, "1.0.0", nonce, m.ticket)), "400101"},
		"wrong sign":                 {with(good, "sign", strings.Repeat("0", 40)), "400101"},
		"orderNo signed too":         {with(good, "sign", sign(m.appID, userID, orderNo, "1.0.0", nonce, m.ticket)), "400101"},
		"signed with NONCE":          {with(good, "sign", signedBy(nonceTicket)), "400101"},
		"signed with the token":      {with(good, "sign", signedBy(m.token)), "400101"},
		"liveInterType of two chars": {with(good, "liveInterType", "11"), "66660000"},

		"as documented":   {with(good, "orderNo", "ok1"), "0"},
		"lower-case sign": {with(good, "orderNo", "ok2", "sign", strings.ToLower(good["sign"])), "0"},
		"real time only":  {with(good, "orderNo", "ok6", "liveInterType", "1"), "0"},
		"orderNo of 32":   {with(good, "orderNo", nonce), "0"},
	})
}

func TestUploadRefusesEachBadPhoto(t *testing.T) {
	m := ready(t)
	good := m.uploadBody(orderNo)
	photo := with(without(good, "name", "idNo"), "sourcePhotoStr", picture(100), "sourcePhotoType", "2")
	broken := picture(90)
	broken = broken[:40] + "\n" + broken[40:]

	uploads(m, map[string]uploadRow{
		"photo without type":       {without(photo, "sourcePhotoType"), "66660000"},
		"type without photo":       {with(good, "sourcePhotoType", "1"), "66660000"},
		"type 3":                   {with(photo, "sourcePhotoType", "3"), "66660000"},
		"photo with a line break":  {with(photo, "sourcePhotoStr", broken), "66660000"},
		"photo with a prefix":      {with(photo, "sourcePhotoStr", "data:image/png;base64,"+picture(90)), "66660000"},
		"photo in URL base64":      {with(photo, "sourcePhotoStr", "_9j_"), "66660000"},
		"photo without padding":    {with(photo, "sourcePhotoStr", strings.TrimRight(picture(100), "=")), "66660000"},
		"photo of 500 KB and 1":    {with(photo, "sourcePhotoStr", picture(512001)), "66660000"},
		"photo text beyond 1 MiB":  {with(photo, "sourcePhotoStr", picture(800000)), "66660000"},
		"photo that is no picture": {with(photo, "sourcePhotoStr", "R0lGODlh"), "66660046"},

		"own photo":           {with(photo, "orderNo", "ok3"), "0"},
		"own photo and name":  {with(photo, "orderNo", "ok4", "name", "n", "idNo", "i"), "0"},
		"photo of 500 KB":     {with(photo, "orderNo", "ok5", "sourcePhotoStr", picture(512000)), "0"},
		"mesh photo of a JPG": {with(photo, "orderNo", "ok7", "sourcePhotoType", "1", "sourcePhotoStr", "/9j/AAAA"), "0"},
		"photo of a BMP":      {with(photo, "orderNo", "ok8", "sourcePhotoStr", "Qk0AAAAA"), "0"},
	})
}

func TestOrderNumberWorksOncePerApp(t *testing.T) {
	m := ready(t, faceidtest.WithApp("APP1", "s1"), faceidtest.WithApp("APP2", "s2"))
	m.upload(orderNo)

	require.Equal(t, "66660000", m.post(uploadPath, m.uploadBody(orderNo)).code())

	m.appID, m.secret = "APP2", "s2"
	m.login()
	m.upload(orderNo)
}

func TestSignTicketOfAnotherAppIsRefused(t *testing.T) {
	m := ready(t, faceidtest.WithApp("APP1", "s1"), faceidtest.WithApp("APP2", "s2"))
	foreign := m.ticket
	m.appID, m.secret = "APP2", "s2"
	m.login()
	m.ticket = foreign

	require.Equal(t, "400101", m.post(uploadPath, m.uploadBody(orderNo)).code())
	require.Equal(t, "400101", m.record(orderNo).code())
}

func TestSignTicketStillSignsInItsLastMinute(t *testing.T) {
	m := ready(t)
	m.mustTicket(m.token, "SIGN", "")
	m.upload(orderNo)
	m.sim.Advance(60 * time.Second)
	require.Equal(t, "400101", m.post(uploadPath, m.uploadBody("order2")).code())
}
