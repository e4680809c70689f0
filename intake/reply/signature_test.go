package reply

import "testing"

// signatures are signatures and notices as they stand below an answer.
var signatures = []string{
	"Constantin Popa\nPrimar",
	"Constantin Popa\nPrimar al Municipiului Test",
	"Constantin POPA\nPRIMAR\nPRIMĂRIA MUNICIPIULUI TEST",
	"CONSTANTIN POPA\nPRIMAR",
	"Constantin Popa,\nPrimarul comunei Valea Mare, județul Buzău",
	"Constantin Popa\nPrimar\nPrimăria Comunei Test\nStr. Principală nr. 10, jud. Buzău, cod poștal 127001\ntel: 0244/123.456, fax: 0244/123.457\ne-mail: primar@primaria.test\nweb: www.primaria.test",
	"Constantin Popa\nPrimarul Municipiului Test\nTel. 0200 123 456 | www.primaria.test",
	"Constantin Popa | Primar | Primăria Test\nM: +40 722 123 456",
	"Constantin Popa\nPrimar\n\n[cid:image001.png@01DC5C1B.2F0A7E10]",
	"Constantin Popa\nPrimar\n[image: Sigla]",
	"Constantin Popa\nPrimar\n<http://www.primaria.test/>",
	"Constantin Popa\nMayor | City Hall of Test\nPhone: +40 200 123 456\nwww.primaria.test | primar@primaria.test",
	"Cu stimă,\nConstantin Popa\nPrimar\n___________________\nPrimăria Municipiului Test\nPiața Daciei nr. 1, Test, România",
	"Cu deosebită considerație,\n\nPrimar,\nConstantin Popa",
	"Primar,\nConstantin Popa",
	"Cu respect,\nC. Popa",
	"--\nConstantin Popa\nPrimar",
	"-- \nConstantin Popa\nPrimar\nÎmpreună facem orașul mai frumos",
	"Constantin Popa\nPrimăria Test - proiecte aprobate, oraș în mișcare",
	"Popa Constantin\nPrimar",
	"ing. Constantin Popa\nPrimar",
	"Dr. Constantin Popa\nPrimar",
	"Trimis de pe iPhone",
	"Trimis de pe iPhone-ul meu",
	"Constantin Popa\nTrimis de pe iPad-ul meu",
	"Trimis de pe smartphone-ul meu Samsung Galaxy.",
	"Trimis de pe telefonul meu Huawei",
	"Trimis de pe dispozitivul meu Xiaomi",
	"Trimis din Outlook pentru iOS",
	"Trimis de la Yahoo Mail pe Android",
	"Trimis prin Yahoo Mail de pe iPhone",
	"Sent from Mail for Windows",
	"Sent from Outlook for Android",
	"Get Outlook for Android<https://aka.ms/AAb9ysg>",
	"Descărcați Outlook pentru Android",
	"Sent from my Samsung Galaxy smartphone.",
	"Sent from my Huawei Mobile",
	"Trimis de pe Android-ul meu cu K-9 Mail.",
	"Trimis de pe dispozitivul meu mobil",
	"Constantin Popa\nPrimar\n\nAcest mesaj și anexele lui sunt confidențiale. Dacă nu sunteți destinatarul, nu aveți voie să îl copiați\nsau să îl distribuiți. Părerile exprimate nu se consideră aprobate de instituție fără semnătură olografă.",
	"Constantin Popa\n\nAcest e-mail este confidențial și se adresează doar destinatarului. Dacă l-ați primit din greșeală, vă rugăm să îl ștergeți.",
	"Constantin Popa\n\nThis e-mail and any attachments are confidential and intended only for the recipient. If you are not the intended recipient, do not copy it.",
	"Constantin Popa\n\nCONFIDENȚIALITATE: Informațiile din acest mesaj sunt destinate exclusiv destinatarului și pot fi confidențiale.",
	"Constantin Popa\n\nNotă de confidențialitate: mesajul este adresat numai destinatarului.",
	"Constantin Popa\n\nDISCLAIMER: The information in this message is confidential.",
	"Constantin Popa\n\nVă rugăm să vă gândiți la mediu înainte de a printa acest e-mail.",
	"Constantin Popa\n\nGândiți-vă la mediu înainte de a tipări acest mesaj!",
	"Constantin Popa\n\nPlease consider the environment before printing this e-mail.",
	"Constantin Popa\n\nP Please consider the environment before printing this e-mail",
	"Constantin Popa\n\nProtejați mediul! Nu tipăriți acest mesaj decât dacă este absolut necesar.",
	"Constantin Popa\n\nNu tipăriți acest mesaj decât dacă este necesar. Protejați mediul!",
	"Constantin Popa\n\nInformațiile conținute în acest mesaj sunt confidențiale și destinate exclusiv persoanei căreia îi sunt adresate. Dacă nu sunteți destinatarul, orice copiere este interzisă.",
	"Constantin Popa\n\nAcest mesaj conține date cu caracter personal protejate de Regulamentul (UE) 2016/679 și este destinat numai destinatarului.",
	"Constantin Popa\n\nMesajul conține informații confidențiale destinate destinatarului.",
	"Constantin Popa\n\nAcest document poate conține informații confidențiale. Utilizarea lui de către altcineva decât destinatarul este interzisă.",
	"Constantin Popa\n\nAVERTISMENT DE CONFIDENȚIALITATE: acest mesaj este destinat numai destinatarului.",
	"Constantin Popa\n\nAcest e-mail a fost verificat de viruși de programul Avast antivirus.\nwww.avast.com",
	"Constantin Popa\n\nVirus-free.www.avast.com",
	"Constantin Popa\n\nFără viruși.www.avast.com",
}

func TestSignaturesAndNoticesAreNoPartOfTheAnswer(t *testing.T) {
	for _, block := range signatures {
		for written, want := range map[string]Verdict{"Aprob": Approve, "Nu aprob.": Reject, "Aprob, dar fără ștergere": Conditional, "Discutăm mâine.": Unclear} {
			for _, named := range []bool{true, false} {
				in := asked(written + "\n\n" + block)
				if !named {
					in = Input{Text: in.Text}
				}
				got := Read(in)
				if got.Verdict != want {
					t.Errorf("%q above %q, names known %v: %s (%s), want %s", written, block, named, got.Verdict, got.Why, want)
				}
				if want == Reject && got.Reason != "" {
					t.Errorf("%q is no reason", got.Reason)
				}
			}
		}
	}
}
