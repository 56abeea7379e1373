package soak

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

// Cards in front of a camera, and documents that are read by NFC.

// launch fetches launch parameters until there are some, and lets a phone take a
// while before it uses them.
func (p *person) launch(start func(ctx context.Context, orderNo string) (*faceid.SDKLaunch, error)) (launch *faceid.SDKLaunch, ticket time.Time) {
	launch = answer(p, "start", func(ctx context.Context) (*faceid.SDKLaunch, error) {
		ticket = time.Now()
		return start(ctx, p.newOrder())
	})
	p.pause(time.Second, 90*time.Second)
	return launch, ticket
}

// ocr scans a card; the phone has to report want.
func (p *person) ocr(product faceid.Product, card faceidtest.Card, want string, script func(orderNo string)) (orderNo string, ok bool) {
	platform := draw(p, faceid.PlatformAndroid, faceid.PlatformIOS, faceid.PlatformHarmony)
	launch, ticket := p.launch(func(ctx context.Context, orderNo string) (*faceid.SDKLaunch, error) {
		return p.town.client.StartOCR(ctx, faceid.OCRRequest{Product: product, Platform: platform, OrderNo: orderNo, UserID: p.who.UserID, Licence: "licence"})
	})
	script(launch.OrderNo)
	result, err := p.sim.RunOCR(p.ctx, launch.Params, card)
	if err != nil {
		p.fail("RunOCR: %v", err)
	}
	if result.Code == "300101" || result.Code == "400101" {
		p.turnedAway("the SDK is refused: "+result.Code, ticket, ticket)
		return "", false
	}
	must(p, "what the phone reports", result.Code, want)
	p.pause(0, 10*time.Second)
	return launch.OrderNo, true
}

func idCard(p *person) bool {
	card := faceidtest.IDCard{
		Name: p.who.Name, Number: p.who.IDNo, Birth: p.who.IDNo[6:14], Address: "北京市朝阳区样本路1号", Authority: "样本公安局",
		ValidDate:  draw(p, "20190128-20390128", "20190128-长期"),
		FrontPhoto: p.file(), BackPhoto: p.file(), FrontCrop: p.file(), BackCrop: p.file(), HeadPhoto: p.file(),
		FrontWarnCode: draw(p, "", "10010100"),
	}
	p.ending = "both sides are read"
	switch p.IntN(10) {
	case 0:
		card.FrontCode, p.ending = "66661006", "the front cannot be read"
	case 1:
		card.BackCode, p.ending = "66661007", "the back cannot be read"
	case 2:
		card.SDKCode, p.ending = "200101", "quits"
	}
	orderNo, ok := p.ocr(faceid.ProductIDCardOCR, faceidtest.CardIDCard, cmp.Or(card.SDKCode, "0"), func(no string) { p.sim.ScriptIDCard(no, card) })
	if !ok {
		return again
	}
	result, err := ask(p, "ConfirmOCR", func(ctx context.Context) (*faceid.OCRResult, error) {
		return p.town.client.ConfirmOCR(ctx, faceid.GetOCRResultRequest{OrderNo: orderNo, GetFile: true}, p.who, faceid.OCRBothSides)
	})
	p.town.books.over(orderNo)
	if card.SDKCode != "" {
		if !errors.Is(err, faceid.ErrNoResult) || result != nil {
			p.fail("a scan that was left is %v", err)
		}
		return done
	}
	p.whether(card.FrontCode == "" && card.BackCode == "", err, faceid.FamilyUnreadable)
	p.mustIDCard(result, card)
	return done
}

// mustIDCard holds what was read of an ID card against the card.
func (p *person) mustIDCard(result *faceid.OCRResult, card faceidtest.IDCard) {
	front, back := card.FrontCode == "", card.BackCode == ""
	must(p, "the front", result.FrontRead(), front)
	must(p, "the back", result.BackRead(), back)
	if front {
		must(p, "the name", result.Name, card.Name)
		must(p, "the number", result.IDCard, card.Number)
		must(p, "the birth", result.Birth.Format("20060102"), card.Birth)
		must(p, "the address", result.Address, card.Address)
		must(p, "a warning", result.FrontWarnCode.Any(), card.FrontWarnCode != "")
		mustFile(p, "the front's photo", result.FrontPhoto, card.FrontPhoto)
		mustFile(p, "the front's crop", result.FrontCrop, card.FrontCrop)
		mustFile(p, "the head", result.HeadPhoto, card.HeadPhoto)
	}
	if back {
		must(p, "the validity", result.ValidDate.Text, card.ValidDate)
		must(p, "the authority", result.Authority, card.Authority)
		mustFile(p, "the back's photo", result.BackPhoto, card.BackPhoto)
		mustFile(p, "the back's crop", result.BackCrop, card.BackCrop)
	}
}

// whether holds a decision of yes or no.
func (p *person) whether(yes bool, err error, family faceid.Family) {
	switch {
	case yes && err != nil:
		p.fail("a pass is %v", err)
	case !yes && (!errors.Is(err, faceid.ErrNotPassed) || !errors.Is(err, family)):
		p.fail("what is no pass, of family %s, is %v", family, err)
	}
}

func bankCard(p *person) bool {
	card := faceidtest.BankCard{
		Number: "6200" + p.who.IDNo[:12], ValidDate: draw(p, "12/2039", "01/2030"), CropPhoto: p.file(), NumberPhoto: p.file(), OriginPhoto: p.file(),
		WarnCode: draw(p, "", "-9110"),
	}
	p.ending = "is read"
	switch p.IntN(10) {
	case 0:
		card.Code, p.ending = "-9012", "cannot be read"
	case 1:
		card.SDKCode, p.ending = "200101", "quits"
	}
	reports := cmp.Or(card.SDKCode, "0")
	if card.Code != "" {
		reports = "200102" // nothing was read in time
	}
	orderNo, ok := p.ocr(faceid.ProductBankCardOCR, faceidtest.CardBankCard, reports, func(no string) { p.sim.ScriptBankCard(no, card) })
	if !ok {
		return again
	}
	if card.SDKCode != "" { // the documents have no code for it, and the App has said so
		p.town.books.over(orderNo)
		return done
	}
	result, err := ask(p, "ConfirmBankCardOCR", func(ctx context.Context) (*faceid.BankCardResult, error) {
		return p.town.client.ConfirmBankCardOCR(ctx, faceid.GetBankCardOCRResultRequest{OrderNo: orderNo, GetFile: true}, faceid.Person{BankCardNo: card.Number})
	})
	p.town.books.over(orderNo)
	p.whether(card.Code == "", err, faceid.FamilyUnreadable)
	if card.Code != "" {
		must(p, "the code", result.Code().Number(), card.Code)
		return done
	}
	must(p, "the number", result.BankCardNo, card.Number)
	must(p, "the date", result.ValidDate, card.ValidDate)
	must(p, "the warnings", len(result.Warnings()) > 0, card.WarnCode != "")
	mustFile(p, "the crop", result.CropPhoto, card.CropPhoto)
	mustFile(p, "the number's picture", result.NoPhoto, card.NumberPhoto)
	mustFile(p, "the picture", result.OriginPhoto, card.OriginPhoto)
	return done
}

func chip(p *person) bool {
	document := faceidtest.NFCDocument{
		Name: p.who.Name, Number: p.who.IDNo, Birth: p.who.IDNo[6:14], Address: "北京市朝阳区样本路1号",
		FrontPhoto: p.file(), BackPhoto: p.file(), Portrait: p.file(),
	}
	family := faceid.Family("")
	p.ending = "is the person's"
	switch p.IntN(10) {
	case 0:
		document.Number, p.ending, family = "110101199001010015", "is another's", faceid.FamilyOtherPerson
	case 1:
		document.ValidTo, p.ending, family = "19991231", "is out of date", faceid.FamilyDocumentUnsupported
	case 2:
		document.SDKCode, p.ending = "600103", "takes too long"
	}
	platform := draw(p, faceid.PlatformAndroid, faceid.PlatformIOS)
	launch, ticket := p.launch(func(ctx context.Context, orderNo string) (*faceid.SDKLaunch, error) {
		return p.town.client.StartNFC(ctx, faceid.NFCRequest{Platform: platform, OrderNo: orderNo, UserID: p.who.UserID})
	})
	p.sim.ScriptNFC(launch.OrderNo, document)
	r, err := p.sim.RunNFC(p.ctx, launch.Params, launch.Extras)
	switch {
	case err != nil:
		p.fail("RunNFC: %v", err)
	case r.Code == "600102" || r.Code == "66664002":
		p.turnedAway("the SDK is refused: "+r.Code, ticket, ticket)
		return again
	case document.SDKCode != "":
		must(p, "the SDK's code", r.Code, document.SDKCode)
		return done // nothing was read, and there is nothing to ask
	}
	read := time.Now()
	p.pause(0, 20*time.Second)
	result, err := ask(p, "ConfirmNFC", func(ctx context.Context) (*faceid.NFCResult, error) {
		return p.town.client.ConfirmNFC(ctx, faceid.GetIDCardNFCResultRequest{OrderNo: launch.OrderNo, ReqID: r.ReqID, GetPhoto: true}, p.who)
	})
	p.town.books.over(launch.OrderNo)
	if errors.Is(err, faceid.ErrExpired) || errors.Is(err, faceid.CodeNFCReqIDExpired) {
		if time.Since(read) < 5*time.Minute {
			p.fail("the reading is too old after %v: %v", time.Since(read), err)
		}
		return again // it can be asked for 5 minutes only
	}
	p.whether(family == "", err, family)
	p.mustChip(result, document)
	return done
}

// mustChip holds what was read of a chip against the document.
func (p *person) mustChip(result *faceid.NFCResult, document faceidtest.NFCDocument) {
	must(p, "the name", result.Name, document.Name)
	must(p, "the number", result.IDCard, document.Number)
	must(p, "the birth", result.Birth.Format("20060102"), document.Birth)
	must(p, "the address", result.Address, document.Address)
	mustFile(p, "the front", result.FrontPhoto, document.FrontPhoto)
	mustFile(p, "the back", result.BackPhoto, document.BackPhoto)
	mustFile(p, "the portrait", result.PortraitPhoto, document.Portrait)
}
