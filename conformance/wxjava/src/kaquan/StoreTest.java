package kaquan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.math.BigDecimal;
import java.util.List;
import me.chanjar.weixin.common.error.WxErrorException;
import me.chanjar.weixin.mp.api.WxMpStoreService;
import me.chanjar.weixin.mp.bean.store.WxMpStoreBaseInfo;
import me.chanjar.weixin.mp.bean.store.WxMpStoreInfo;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Stores. The library keeps the number of a new store to itself, so the tests look for the merchant's own number. */
@DisplayName("stores")
class StoreTest {
    private static final WxMpStoreService<?, ?> STORES = Merchant.SERVICE.getStoreService();

    private static String add() throws WxErrorException {
        String sid = Cards.newCode();
        STORES.add(WxMpStoreBaseInfo.builder()
                .sid(sid)
                .businessName("麦田面包")
                .branchName("车站店")
                .province("广东省")
                .city("广州市")
                .district("海珠区")
                .address("麦田路" + sid)
                .telephone("020-12345678")
                .categories(new String[] {"美食,面包"})
                .offsetType(1)
                .longitude(new BigDecimal("113.32375"))
                .latitude(new BigDecimal("23.097486"))
                .build());
        return sid;
    }

    private static WxMpStoreBaseInfo find(String sid) throws WxErrorException {
        List<WxMpStoreInfo> all = STORES.listAll();
        return all.stream()
                .map(WxMpStoreInfo::getBaseInfo)
                .filter(store -> sid.equals(store.getSid()))
                .findAny()
                .orElseThrow();
    }

    @Test
    void a_store_comes_back_as_it_was_sent() throws WxErrorException {
        String sid = add();
        WxMpStoreBaseInfo store = STORES.get(find(sid).getPoiId());
        assertEquals("麦田路" + sid, store.getAddress());
        assertEquals(0, new BigDecimal("113.32375").compareTo(store.getLongitude()));
        assertEquals(List.of("美食,面包"), List.of(store.getCategories()));
    }

    @Test
    void a_telephone_number_can_be_changed() throws WxErrorException {
        String poiId = find(add()).getPoiId();
        STORES.update(WxMpStoreBaseInfo.builder().poiId(poiId).telephone("020-87654321").build());
        assertEquals("020-87654321", STORES.get(poiId).getTelephone());
    }

    @Test
    void a_store_that_was_taken_away_is_gone() throws WxErrorException {
        String poiId = find(add()).getPoiId();
        STORES.delete(poiId);
        Merchant.refused(65116, () -> STORES.get(poiId));
    }

    @Test
    void there_is_a_list_of_categories() throws WxErrorException {
        assertFalse(STORES.listCategories().isEmpty());
    }
}
