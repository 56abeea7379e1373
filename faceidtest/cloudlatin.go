package faceidtest

// latin returns what a document of the international site says. The invented
// holder and the words for the sexes are Chinese only on documents of the
// mainland. A card of Hong Kong has both scripts for the sex, as the samples of
// the documents have.
func latin(kind string, card IDCard) IDCard {
	if kind == "MainlandIDCard" || kind == "HMTPermitCard" || kind == "TaiWanIDCard" {
		return card
	}
	if card.Name == (IDCard{}).filled().Name { // nobody has scripted a name
		card.Name = "SAMPLE ZHANG"
	}
	if letter, chinese := map[string]string{"女": "F", "男": "M"}[card.Sex]; chinese && kind == "HKIDCard" {
		card.Sex += letter
	} else if chinese {
		card.Sex = letter
	}
	return card
}
