package reply

import (
	"strings"
	"testing"
)

// wordings are whole new texts, by what they must be taken for. Lines are
// separated by "⏎"; ?no is a wording that may be asked back, but not misread.
var wordings = map[string][]string{
	"approve": {
		"Prin urmare, aprob.", "Super, aprob!", "Aprob. Vă mulțumesc pentru profesionalism.", "Cererea are acordul meu.", "Îmi dau acceptul.",
		"Aprob, vă rog să demarați procedura.", "aprob crearea site ului", "Aprob cererea formulată de doamna Ionescu.", "Aprob fără nicio modificare.", "Hotărăsc: aprob.", "Nicio problemă, aprob.", "Cu siguranță, aprob.", "Prin prezentul e-mail îmi dau acordul pentru crearea site-ului.", "Aprob. Mulțumesc, o zi frumoasă tuturor!", "Aprob⏎⏎Constantin Popa⏎Primar⏎„Un oraș pentru oameni”", "Aprob⏎⏎Constantin Popa⏎⏎🌳 Gândește-te la mediu înainte de a printa acest e-mail!",
		"Sunt perfect de acord", "Evident că aprob.", "Aprob. Vă rog să urgentați.", "De acord ☺", "Aprob drepturile solicitate.", "Aprob, vă mulțumesc și vă doresc o zi frumoasă!", "Aprob acest site", "[EXTERNAL]⏎⏎Aprob.", "ATENȚIE: Mesaj extern! Nu deschideți atașamente și nu accesați linkuri dacă nu cunoașteți expeditorul.⏎⏎Aprob", "CAUTION: This email originated from outside of the organization. Do not click links or open attachments unless you recognize the sender and know the content is safe.⏎⏎Aprob.", "Aprob⏎-- ⏎Sent from my Android device with K-9 Mail. Please excuse my brevity.", "Aprob⏎--⏎Trimis de pe dispozitivul meu Android folosind K-9 Mail. Scuzați-mi concizia.", "Aprob⏎⏎Trimis de pe Galaxy S23 Ultra", "Aprob⏎⏎Virus-free. www.avast.com", "Aprob⏎⏎[siglă]", "Aprob⏎⏎[image: Sigla Primăriei Test]",
		"Aprob", "aprob.", "APROB!", "Aprob :)", "Aprob...⏎", "  aprob  ", "„Aprob”", "*Aprob*", "Aprob 👍", "👍 Aprob", "Aprob 🙂",
		"Se aprobă", "se aproba", "SE APROBĂ!", "Aprobat", "aprobata", "Aprobăm.", "Aprobam cererea", "Eu aprob.", "Aprob și eu", "O aprob.",
		"Da, aprob.", "Da aprob", "DA. APROB.", "ok aprob", "OK - aprob", "Bine, aprob", "Sigur, aprob", "În regulă, aprob.", "Perfect. Aprob!", "Desigur, sunt de acord.",
		"Sunt de acord", "sînt de acord", "Suntem de acord.", "De acord", "de acord!", "Da, de acord.", "Sunt întru totul de acord.", "Sunt de acord cu cererea.", "Sunt de acord cu crearea site-ului.",
		"Sunt de acord cu solicitarea dumneavoastră.", "Sunt de acord cu înființarea site-ului de colaborare.", "Sunt de acord să se creeze site-ul.", "Suntem de acord cu propunerea",
		"Îmi dau acordul", "Imi dau acordul.", "Îmi dau acordul pentru crearea site-ului.", "Vă dau acordul meu.", "Aveți acordul meu.", "Aveti aprobarea mea!", "Îmi exprim acordul.", "Dau acordul", "Vă comunic acordul meu pentru crearea site-ului.",
		"Accept.", "Accept cererea", "Acceptat", "Se acceptă.",
		"Aprob cererea.", "Aprob cererea dumneavoastră.", "Aprob cererea dvs.", "Aprob solicitarea.", "Aprob această cerere.", "Aprob cererea de mai jos.", "Aprob cererea de mai sus", "Aprob cererea atașată.",
		"Aprob crearea site-ului.", "Aprob înființarea site-ului", "Aprob crearea site-ului de colaborare.", "Aprob site-ul.", "Aprob crearea site-ului Avize urbanism.", "Aprob crearea site-ului „Avize urbanism”.",
		"Aprob cererea 42", "Aprob cererea nr. 42.", "Aprob cererea nr. 42/23.11.2026.", "Aprob cererea cu nr. 42/23.11.2026", "Aprob cererea nr 42 din 23.11.2026", "Aprob cererea numărul 42/23.11.2026, mulțumesc.",
		"Aprob cererea doamnei Maria Ionescu.", "Aprob cererea doamnei Ionescu", "Aprob solicitarea d-nei Ionescu.", "Aprob cererea Mariei Ionescu?no",
		"Cererea este aprobată.", "Cererea se aprobă.", "Cererea nr. 42/23.11.2026 se aprobă.", "Solicitarea a fost aprobată", "Am aprobat cererea.", "Se aprobă cererea nr. 42.", "Se aprobă solicitarea.",
		"Aprob integral.", "Aprob în totalitate", "Aprob fără rezerve.", "Aprob cu plăcere!", "Aprob, fără obiecții.", "Nu am obiecții. Aprob.", "Nu am observații, aprob.", "Sunt de acord în totalitate.",
		"Bună ziua,⏎⏎Aprob.⏎⏎Cu stimă,⏎Constantin Popa⏎Primar", "Buna ziua, aprob. Multumesc", "Bună ziua! Aprob.", "Bună ziua doamnă Ionescu,⏎aprob.", "Stimată doamnă Ionescu,⏎⏎Aprob cererea.⏎⏎Cu respect,⏎C. Popa",
		"Doamnă director, aprob.", "Salut Maria,⏎Aprob⏎Costel Popa", "Stimate domnule inginer,⏎sunt de acord.⏎Toate cele bune,⏎Constantin Popa", "Neața, aprob", "Draga Maria, aprob. Spor la treabă!",
		"Bună dimineața,⏎⏎sunt de acord.⏎⏎O zi bună,⏎⏎Constantin Popa⏎Primarul Municipiului Buzău⏎tel. 0238 710 562⏎www.primariabuzau.ro",
		"Aprob⏎Popa", "Aprob⏎Ing. Constantin Popa", "Aprob⏎⏎Cu stimă,⏎⏎Costel P. Popa", "Aprob⏎⏎Cu respect,⏎ing. dr. Gheorghe Ionescu-Brăila", "Aprob⏎Ana Pop⏎Viceprimar", "Aprob⏎C. Popa", "Aprob.⏎Primar, Constantin Popa", "Aprob,⏎Primar⏎Constantin POPA", "APROB⏎PRIMAR⏎CONSTANTIN POPA", "Aprob, Constantin Popa", "Aprob. Popa", "Aprob, primar Popa",
		"Aprob. O zi bună!", "Aprob, o zi frumoasă", "Aprob. Mulțumesc frumos.", "Aprob. Mulțumesc pentru informare.", "Aprob. Mulțumesc anticipat!", "Aprob, mersi", "Aprob, mulțam", "Aprob. Vă doresc spor!", "Aprob. La mulți ani!", "Aprob. Numai bine.", "Aprob. Vă salut, Popa",
		"Am citit cererea și sunt de acord?no", "Am citit cererea. Aprob.", "Am analizat solicitarea, aprob.", "Am luat la cunoștință. Aprob.", "Am văzut, aprob.", "Am primit cererea. Sunt de acord.", "Am citit și sunt de acord", "Am verificat documentele. Aprob.",
		"Prin prezenta aprob cererea.", "Prin prezenta vă comunic că sunt de acord.", "Vă informez că aprob cererea.", "Vă comunic că se aprobă cererea.", "Declar că aprob.", "Subsemnatul Constantin Popa, primar, aprob cererea.", "În calitate de primar, aprob.", "Ca primar aprob.",
		"Referitor la cererea nr. 42/23.11.2026, aprob.", "Cu privire la cererea dumneavoastră: aprob.", "Ca urmare a solicitării dumneavoastră, aprob.", "În urma analizei, aprob cererea.", "Decizie: aprob", "Răspuns: APROB",
		"Aprob. Vă rog să creați site-ul.", "Aprob, puteți crea site-ul.", "Aprob. Dați-i drumul!", "Aprob, puteți continua.", "De acord, mergem mai departe.", "Aprob. Vă rog dați curs cererii.", "Aprob, vă rog", "Aprob. Procedați.", "Sunt de acord, dați drumul.",
		"Aprob.⏎23.11.2026", "Aprob⏎23.11.2026⏎Constantin Popa", "Aprob⏎-- ⏎Constantin Popa⏎Primar", "Aprob⏎--⏎Popa",
		"Aprob⏎⏎Trimis de pe iPhone", "Aprob⏎⏎Trimis de pe telefonul meu Samsung Galaxy.", "Aprob⏎⏎Trimis din Outlook pentru Android<https://aka.ms/AAb9ysg>", "Aprob⏎⏎Obțineți Outlook pentru iOS<https://aka.ms/o0ukef>", "Aprob⏎⏎Sent from my iPhone", "Aprob⏎⏎Trimis din Yahoo Mail pe Android",
		"Aprob⏎⏎Trimis de pe dispozitivul meu Huawei", "Aprob⏎⏎Trimis din Mail pentru Windows", "Aprob⏎Expediat de pe telefonul meu mobil", "aprob⏎⏎Get Outlook for iOS", "Aprob⏎⏎Sent from Yahoo Mail on Android", "Aprob⏎⏎Trimis cu Proton Mail", "Aprob⏎⏎Sent via BlueMail for Android",
		"Approved", "I approve.", "Agreed.", "approved, thanks",
		"aprobb", "APROBB!", "Approb", "Aprooob", "APROB.MULTUMESC", "aprob,multumesc", "Aprob ,multumesc", "Aprob;multumesc",
		"Aprob\u200b", "\ufeffAprob", "Aprob\u00a0", "Apro\u00adb",
		"Şi eu sunt de acord?no", "Sunt de acord şi eu?no", "Aprob cele solicitate.", "Aprob formularul.", "Aprob anexa nr. 1.", "Aprob Anexa 1", "Aprob cererea de creare a site-ului.", "Aprob cererea privind crearea site-ului.",
		"Aprob. Da, aprob.", "Aprob! Aprob!", "De acord. Aprob cererea.", "Sunt de acord, aprob.", "Aprob, sunt de acord", "Aprob, felicitări pentru inițiativă!", "Aprob. Bravo!", "Mulțumesc, aprob.", "Aprob. Mulțumesc pentru efortul depus.",
		"Constantin Popa⏎Primar⏎⏎Aprob", "Aprob azi.", "Aprob tot.", "Aprob crearea.", "Aprob creare site", "Sunt de acord și aprob.", "Aprob, conform cererii.", "E aprobat.", "Aprob cererea doamnei Ionescu pentru crearea site-ului.", "Aprob! Sănătate multă!?no", "Aprob. Weekend plăcut!", "Bună ziua doamna ionescu, aprob", "Aprob⏎Serviciul Cabinet Primar⏎Str. Unirii nr. 1, Buzău⏎Fax: 0238 717 950", "Aprob⏎⏎-- ⏎Constantin Popa⏎Primar⏎Împreună construim orașul", "Aprob⏎⏎[cid:image001.png@01DC5C1B.2F0A7E10]⏎Constantin Popa",
		"Aprob⏎⏎Acest e-mail și documentele atașate sunt confidențiale și se adresează exclusiv destinatarului. Dacă nu sunteți destinatarul, vă rugăm să ștergeți mesajul.⏎⏎This e-mail is confidential and intended only for the recipient.⏎⏎Protejați mediul! Nu printați acest e-mail decât dacă este necesar.",
		"Aprob astăzi, 23.11.2026?no",
	},
	"reject": {
		"Nu-mi dau acordul.", "Din păcate nu se poate.", "Nu consider că este oportun.", "Nu am cum să aprob.", "Nu îmi asum.",
		"Nu îl consider necesar.", "Nu este necesar.", "Nu e nevoie.", "Nu avem nevoie de acest site.", "Nu pot da curs cererii.", "Am respins cererea.", "Regret, nu.", "Îmi mențin refuzul.", "Sunt nevoit să resping.", "Îmi pare rău, dar trebuie să refuz.", "Solicitarea dumneavoastră a fost respinsă.", "Nu se poate.", "Nu voi semna.",
		"Nu este oportun.", "Nu se justifică.", "Momentan nu.", "Nu avizez.", "Negativ.", "Nefavorabil", "Nu mai aprob niciun site anul acesta.", "Nu susțin această cerere.", "Nu doresc acest site.", "Declin cererea.",
		"Resping", "resping.", "RESPING!", "Respins", "Respinsă.", "Se respinge", "Respingem cererea.", "Resping cererea.", "Resping, lipsesc datele.", "Resping: nu avem acord.", "Resping - nu e cazul", "Resping pentru că nu există protocol.",
		"Nu aprob", "nu aprob.", "NU APROB!", "Nu aprob cererea.", "Nu se aprobă", "nu se aproba", "Nu aprobăm.", "Nu o aprob.", "Nu-l aprob", "N-aprob", "Nu pot aproba.", "Nu pot să aprob.", "Nu pot fi de acord", "Nu vom aproba.", "Nu voi aproba cererea.",
		"Nu sunt de acord", "nu sînt de acord", "Nu suntem de acord.", "Nu se poate aproba.", "Nu se poate aproba o asemenea cerere.", "Neaprobat", "ne-aprobat", "Neaprobată.", "Nu este aprobată", "Nu accept.", "Nu se acceptă",
		"Nu îmi dau acordul.", "Nu dau aprobarea", "Nu aveți acordul meu.", "Refuz", "Refuzat.", "Refuz cererea", "Dezaprob", "Dezacord", "Sunt împotrivă.", "Mă opun.", "Sub nicio formă!", "În niciun caz.", "Nici vorbă",
		"Cererea este respinsă.", "Cerere respinsă", "Solicitarea se respinge.", "Cererea nu se aprobă.", "Cererea nr. 42/23.11.2026 nu se aprobă.", "Cererea se respinge, lipsește temeiul legal.",
		"Bună ziua,⏎⏎Nu aprob.⏎⏎Cu stimă,⏎Constantin Popa", "Bună ziua, din păcate nu pot aproba.", "Din păcate, nu aprob.", "Îmi pare rău, nu aprob.", "Regret, dar nu sunt de acord.", "Regret, resping.", "Vă comunic că nu aprob cererea.", "Prin prezenta vă informez că resping cererea.",
		"Nu aprob! Am mai aprobat unul luna trecută.", "Resping. Anul trecut am aprobat un site identic.", "Nu aprob. Nu avem buget.", "Nu aprob, lipsește temeiul legal, completați și reveniți.", "Nu aprob deoarece protocolul a expirat.",
		"Lipsește temeiul legal. Resping.", "Nu avem protocol cu spitalul, deci resping.", "Am citit cererea. Nu aprob.", "Nu avem buget, prin urmare nu aprob.", "Întrucât lipsește temeiul legal, nu aprob cererea.", "Deoarece lipsește acordul nu aprob.",
		"Nu.", "NU", "nu!", "Nu, mulțumesc.", "Bună ziua,⏎Nu.⏎Cu stimă,⏎Popa", "Nu, nu aprob.", "Nu, nu sunt de acord.", "Nu, resping.", "nu, deoarece nu avem protocol", "👎",
		"Nu, e prea devreme.", "Nu! Nu avem nevoie de așa ceva.", "Nu. Bugetul e epuizat.", "Nu e cazul.", "Nu doresc", "Nu semnez așa ceva", "Respingeți cererea.", "Vă rog să respingeți cererea, lipsesc date.", "Rog respingerea cererii", "Rejected", "Not approved", "I do not agree.", "Deocamdată nu aprob.", "Momentan nu aprob, lipsesc avizele.", "Resping⏎⏎Constantin Popa⏎Primar⏎⏎Trimis de pe iPhone", "Resping cererea, iar motivul îl știți.",
		"Nu sunt de acord cu crearea site-ului.", "Nu sunt de acord cu accesul extern, deci resping.", "Eu nu aprob.", "Nu aprob așa ceva.", "Nu aprob fiindcă datele sunt sensibile.", "Resping. De ce nu ați venit la mine întâi?", "Nu aprob crearea site-ului, datele nu pot ieși din instituție.",
	},
	"conditional": {
		"Aprob cât timp sunt eu primar.", "Aprob crearea site-ului, nu și dreptul de ștergere.", "Aprob pt o lună",
		"Aprob, dar fără ștergere.", "Aprob cu condiția să fie numai citire.", "Aprob doar citire", "Aprob numai pentru partenerii din spital.", "Aprob dacă există protocol.", "Aprob cu rezerva avizului juridic.", "Aprob până la sfârșitul anului.", "Aprob de la 1 ianuarie.", "Aprob începând cu luni.",
		"De acord, însă fără Andrei Dobre.", "Sunt de acord cu excepția dreptului de ștergere.", "Aprob, mai puțin scrierea.", "Se aprobă cu următoarele modificări: fără ștergere.", "Aprob temporar.", "Aprob parțial.", "Aprob în principiu.", "Aprob, cu mențiunea că se șterge după 6 luni.",
		"Aprob după ce avizează juridicul.", "Dacă juridicul avizează, aprob.", "Cu condiția să existe protocol, aprob.", "Fără drept de ștergere, aprob.", "Aprob pentru 6 luni.", "Aprob pe o perioadă de 3 luni.", "Aprob pentru Elena Marin.", "Aprob pentru serviciul urbanism",
		"Da, dar fără ștergere.", "OK, însă doar citire.", "Ok, dar fără Dobre", "Da, cu condiția să fie semnat protocolul.", "doar citire", "fără ștergere", "de la 1 ianuarie", "Nu aprob decât pentru citire.", "Nu aprob până nu avizează juridicul.", "Nu aprob dreptul de ștergere pentru Andrei Dobre.", "Aprob, dar nu aprob ștergerea.",
		"Aprob citirea, nu aprob ștergerea.", "Nu sunt de acord cu ștergerea pentru Dobre.", "Aprob⏎fără ștergere", "Aprob.⏎Fără ștergere.", "Aprob⏎Constantin Popa⏎⏎P.S. fără drept de ștergere", "Aprob⏎-- ⏎Constantin Popa⏎dar fără ștergere",
		"Aprob, doar că vreau și avizul juridic.", "Sunt de acord dacă e gata protocolul", "Aprob cu drept de citire.", "Aprob însă discutați cu IT-ul.", "Aprob exclusiv pentru angajați.", "Dacă nu vine avizul, resping.", "Aprob (cu mențiuni)", "Aprob lista cu observații", "Aprob tot în afară de...", "Pentru aprobare răspundeți cu un singur cuvânt: APROB.",
	},
	"unclear": {
		"Aprob bugetul pe 2027.", "Aprob proiectul de hotărâre.", "Aprob achiziția de calculatoare.", "Sunt de acord cu respingerea.", "Sunt de acord să respingem.", "De acord să mai așteptăm", "Sunt de acord cu observațiile juridicului.", "Aprob cererea de concediu pe decembrie.",
		"Nu am respins cererea.", "Nu trebuie să resping", "Nu refuz.", "Nu mă opun.",
		"Nu că nu aprob.", "Aprob:", "Aprob:⏎Constantin Popa", "Aprob⏎⏎[Logo mai vorbim]", "Aprob⏎⏎[image: verificați lista]", "Aprob⏎Constantin Popa, Ignorați", "Aprob⏎Tel. 0722 123 456 Ignorați", "Aprob⏎-- ⏎Constantin Popa⏎M-am răzgândit", "Aprob⏎-- ⏎Constantin Popa⏎Sub supravegherea IT", "[EXTERNAL] Verificați lista⏎⏎Aprob",
		"", "?", "Aprob?", "Să aprob?", "Aprob sau nu?", "De ce să aprob?", "Cine a cerut?", "Ok?", "Aprob. Cine e Andrei Dobre?", "Aprob, dar cine e Dobre?", "Nu știu.", "Poate.", "Vedem.", "Discutăm mâine.", "Mai discutăm", "Reveniți mâine", "Vorbim", "Am primit.", "Am primit, mulțumesc.", "Mulțumesc.", "Bună ziua.", "Constantin Popa⏎Primar",
		"Aprob respingerea.", "Aprob respingerea cererii.", "Nu resping.", "Nu, nu resping.", "N-aș aproba.", "Nu aș zice nu", "Aș aproba.", "Aș vrea să aprob", "Voi aproba.", "Voi aproba mâine.", "Am să aprob", "Să fie aprobat de viceprimar", "Aprobă viceprimarul.", "Viceprimarul aprobă.", "Aprobarea o dă viceprimarul", "Nu eu aprob.", "Cine aprobă?",
		"Aprob concediul doamnei Ionescu.", "Aprob cererea de concediu.", "Aprob cererea nr. 43/23.11.2026.", "Aprob cererea 41.", "Aprob bugetul", "Aprob referatul", "Aprob. Ba nu.", "Aprob. Ba nu, resping.", "Resping. Ba da, aprob.", "Resping, de fapt aprob.", "Aprob, de fapt mă mai gândesc.", "Nu, aprob.", "Da și nu.", "Da/Nu", "Aprob/resping", "Aprob / Resping", "APROB sau RESPING",
		"Nu am nimic împotrivă.", "Nu, nu am nimic împotrivă.", "Nu, e ok.", "Nu, nu e nicio problemă.", "Nu! Lăsați așa.", "Nu, mâine vorbim", "Nu, încă nu", "Nu. Adică da.", "Nu, sunt de acord", "Nu, de ce?", "Nu, doar citire", "N-am nimic împotrivă", "Nu mă opun.", "Nu refuz.", "Nu e nevoie să aprob.", "Rog pe dl. viceprimar să decidă.", "Vezi mai jos, ce părere ai?", "Ce înseamnă aprobarea asta?", "aporb", "apob", "aprib", "arpob", "aprobo", "aprobi", "A p r o b", "A.P.R.O.B.", "aprob_", "aprob@primaria.test", "https://aprob.ro", "#aprob", "~aprob~",
		"Nu cred că aprob.", "Cred că aprob.", "Cred că nu aprob.", "Parcă aprob", "Aproape că aprob", "Mâine aprob.", "Aprob mâine.", "Aprob cândva", "Ionescu zice că aprobă.", "Ați scris „aprob”?", "Scrieți aprob", "Pentru respingere răspundeți: RESPING urmat de motiv.",
		"Аprob", "Aрrob", "Аprob (chirilic)", "A̶p̶r̶o̶b̶", "𝐀𝐩𝐫𝐨𝐛", "\u202eborpA", "ａｐｒｏｂ", "Aprob\u202e", "Nuaprob", "nu\u200baprob?no", "Aprob ștergerea site-ului", "Aprob ștergerea", "Aprob accesul", "Aprob. Sunați-mă.", "Aprob. Verificați lista.", "Aprob⏎Andrei Dobre", "Aprob⏎Elena Marin⏎Ion Marin",
		"Aprob ce a zis viceprimarul", "Aprob amânarea", "Aprob, doamna verificați.", "Aprob, doamna verificați lista", "aprob, doamna reflectați.", "APROB⏎ADRESA GREȘITĂ", "APROB⏎VREAU PRIMAR", "APROB⏎VICEPRIMARUL IONESCU DECIDE", "APROB⏎CER AVIZ", "Aprob.⏎⏎Acest e-mail are caracter personal", "Aprob⏎Mail Andrei Dobre", "Aprob 2026", "Aprob cererea 2026", "Aprob 23.11", "Aprob viceprimarul", "Aprob⏎⏎Important: datele nu se distribuie, confidențial⏎?no",
		"Nu am aprobat nimic.", "Nu am aprobat.", "Am aprobat un alt site.", "Am aprobat ieri altceva.", "Neaprobat? Aprob.", "Resping? Nu.", "De ce resping?", "Resping?", "Nu aprob?", "Să resping?", "Nu știu dacă aprob.", "Bine că ați întrebat", "Da de unde", "Da, sigur, cum să nu...", "Ok, mă uit mâine", "Bine, mă gândesc.", "Sigur? Aprob.",
		"Deleg viceprimarului până vineri", "Sunt în concediu", "Fac eu", "Trimiteți la juridic", "[ ] Aprob [x] Resping", "[x] Aprob", "Aprob = DA", "Aprob 50%", "Aprob 2 utilizatori", "Acordul meu e condiționat", "în curs de aprobare", "Aprobare", "Aprobarea", "aprobabil", "Aprob.ro",
	},
	"conditional or unclear": {
		"Aprob cu documentele complete", "Aprob, documentația completă", "Aprob în condițiile legale", "Aprob. Condițiile legale.", "Aprob, cu documentația completă", "Aprob ideea.", "Aprob, ideea.", "Aprob. Scuze.", "Aprob, scuze, greșeală", "Domnul primar Constantin Popa: aprob", "Domnul primar: „Aprob”", "Aprob⏎la 15.01.2027", "Aprob⏎24.12.2026", "Aprob⏎Primar – pentru o lună",
		"Aprob după verificarea documentelor", "Aprob conform celor discutate", "Aprob cum am stabilit cu juridicul", "Aprob imediat ce primesc protocolul", "Aprob încă un utilizator", "Aprob maxim 3 utilizatori",
		"APROB⏎PRIMII DOI", "Aprob⏎Primii Doi", "Aprob⏎--⏎restul mâine", "Aprob⏎-- ⏎Restul mâine", "Aprob⏎-- ⏎primii trei utili", "Aprob.⏎⏎Acest mesaj: primii doi, caracter personal", "Aprob primii doi",
		"Sunt de acord⏎SC-2026-0199", "Aprob⏎⏎Cu stimă,⏎SC-2026-0199", "Aprob⏎Site Intern", "Aprob⏎-- ⏎Constantin Popa⏎amânarea", "Aprob⏎-- ⏎Constantin Popa⏎Trim. I 2027", "Aprob⏎Primar, anul 2027", "Aprob⏎Primar, 2 din 3", "Aprob⏎⏎[image: SC-2026-0199]", "Aprob⏎⏎Trimis de pe iPhone, SC-2026-0199", "Aprob⏎⏎Acest mesaj este confidențial și se adresează destinatarului, IT decide.", "Aprob⏎⏎Acest mesaj este confidențial și se adresează destinatarului, se amână.",
		"Aprob deocamdată.", "Aprob⏎⏎Constantin Popa⏎„doar citire pentru externi”", "Aprob⏎„Restul îl vedem mâine”", "Aprob⏎⏎Constantin Popa⏎„Verificați lista de utilizatori”",
		"Aprob⏎⏎Trimis de pe iPhone Restul mâine", "Aprob⏎⏎Cu stimă,⏎Anulat",
		"Aprob⏎⏎[Logo doar citire]", "Aprob⏎⏎Trimis de pe iPhone pt 3 luni", "Aprob⏎-- ⏎Constantin Popa⏎Valabil 2026", "Aprob⏎-- ⏎Constantin Popa⏎Primele două luni", "Aprob⏎-- ⏎Constantin Popa⏎pt 3 luni", "Aprob.⏎⏎Acest mesaj este confidențial pentru destinatar, fără drept de ștergere pentru externi", "Aprob.⏎⏎Acest mesaj este confidențial și se adresează destinatarului. Andrei nu.", "Aprob.⏎⏎Acest mesaj este confidențial și se adresează destinatarului.⏎Cu aviz juridic", "Aprob.⏎⏎Acest mesaj este confidențial și se adresează destinatarului. Restul mâine", "ATENȚIE: Mesaj extern, doar citire⏎⏎Aprob",
		"Aprob la 23.11.2026", "Aprob.⏎⏎Atenție la datele cu caracter personal, să fie interzisă copierea.", "Aprob.⏎⏎Vă rog să ștergeți accesul dacă nu e juridic corect", "Aprob⏎-- ⏎Constantin Popa⏎revin cu detalii",
		"Aprob ca să scap", "Pentru aprobare răspundeți cu un singur cuvânt: APROB.", "Aș vrea să aprob, dar nu pot", "Aprob, în lipsa altor variante", "Aprob numai pentru că insistați", "Aprob pe răspunderea dvs.", "Aprob. Atenție la date!", "Aprob, cu grijă", "Aprob, mai vorbim", "Aprob tot mai puțin Dobre", "Aprob ca excepție",
		"Aprob - verificați adresele", "Aprob, adăugați și pe Vasile Pop", "Aprob plus drept de scriere pentru Dobre", "Aprob provizoriu", "Aprob⏎Elena Marin - citire", "Aprob pentru doi utilizatori", "Sunt de acord, mai puțin cu data", "De acord, trimiteți și la juridic",
		"Aprob⏎Bcc: x", "Aprob⏎1. Andrei Dobre", "Aprob, semnez mâine", "Aprob sub rezerva semnării",
	},
	"weak": {
		"Da", "da.", "DA!", "ok", "OK.", "Okay", "Bine", "bun", "Perfect!", "E ok", "Este în regulă.", "În regulă", "👍", "👍🏻", "👌", "✅", "Da, mulțumesc.", "Ok, mersi", "Bună ziua, da.", "Da⏎⏎Constantin Popa", "Ok⏎⏎Trimis de pe iPhone", "Sigur că da", "Yes", "Desigur.", "Se poate.", "Puteți crea site-ul.", "Da, puteți crea site-ul.", "Dați-i drumul!", "+1", "da da",
	},
}

func TestWordingsAreTakenForWhatTheyMean(t *testing.T) {
	for want, texts := range wordings {
		for _, text := range texts {
			text, optional := strings.CutSuffix(text, "?no")
			body := strings.ReplaceAll(text, "⏎", "\n")
			got := Read(asked(body))
			have := string(got.Verdict)
			if got.Weak {
				have = "weak"
			}
			if got.Verdict == Approve && want != "approve" {
				t.Errorf("FALSE APPROVAL of %q, which is %s: %s", text, want, got.Why)
				continue
			}
			if have != want && !(want == "conditional or unclear" && (have == "conditional" || have == "unclear")) && !(optional && got.Verdict == Unclear) {
				t.Errorf("%q is %s (%s), want %s", text, have, got.Why, want)
			}
		}
	}
}
