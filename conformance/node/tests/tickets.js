'use strict';

// Tickets: what is written on one holder's film ticket, meeting ticket or boarding pass.

const cards = require('../support/cards');
const { each, held, refused } = require('../support/suite');

const SEATS = {
  MOVIE_TICKET: {
    ticket_class: '4D',
    show_time: cards.midnight(1),
    duration: 120,
    screening_room: '5号影厅',
    seat_number: ['5排14号', '5排15号'],
  },
  MEETING_TICKET: { zone: 'C区', entrance: '东北门', seat_number: '2排15号' },
  BOARDING_PASS: { passenger_name: '乘客', class: '经济舱', seat: '12A', etkt_bnr: '8761', qrcode_data: 'M1' },
};

each('seat', 'boarding_pass', 'a passenger has a gate and a boarding time of his own', async (library) => {
  const { code } = await held(library, cards.coupon('BOARDING_PASS'));
  const at = { gate: 'A12', boarding_time: cards.midnight(1) };
  await library.seat.BOARDING_PASS({ code, ...SEATS.BOARDING_PASS, ...at });
  await refused(45021, library.seat.BOARDING_PASS({ code, ...SEATS.BOARDING_PASS, gate: 'A'.repeat(13) }));
});

for (const [type, seat] of Object.entries(SEATS)) {
  each('seat', type.toLowerCase(), 'a seat is written on the ticket and can be changed', async (library) => {
    const { cardId, code } = await held(library, cards.coupon(type));
    await library.seat[type]({ code, card_id: cardId, ...seat });
    await library.seat[type]({ code, ...seat });
  });

  each('seat', type.toLowerCase(), 'a coupon has no seat, and an unknown code neither', async (library) => {
    const { code } = await held(library);
    await refused(40071, library.seat[type]({ code, ...seat }));
    await refused(40056, library.seat[type]({ code: '000000000000', ...seat }));
  });
}
