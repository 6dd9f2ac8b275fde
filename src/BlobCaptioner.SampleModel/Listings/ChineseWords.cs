using BlobCaptioner.SampleModel.Labels;

namespace BlobCaptioner.SampleModel.Listings;

/// <summary>Simplified Chinese.</summary>
internal sealed class ChineseWords : Words
{
    /// <summary>The words in all phrases.</summary>
    public static IEnumerable<string> Lexicon =>
    [
        .. Enum.GetValues<ProductColor>().Select(Color), .. Enum.GetValues<Pattern>().Select(PatternName), .. Enum.GetValues<Material>().Select(Substance), .. Enum.GetValues<Material>().Select(Kindred),
        .. Enum.GetValues<Kind>().SelectMany(k => new[] { Noun(k), Measure(k), Use(k) }),
        "外观", "设计", "图案", "采用", "制成", "背景", "杂乱", "简洁", "简约", "休闲", "经典", "活泼", "风格", "家居", "运动", "服饰", "图片中", "只有", "没有", "商品", "空货架", "噪点",
        "文字", "一个", "形状的", "几行", "看不到", "可售", "检查", "图片", "请", "重新拍摄", "制成，适合", "制成。适合", "包，采用", "包，背景", "合。",
    ];

    public override string Title(Subject subject) => $"{Color(subject.Color)}{PatternName(subject.Pattern)}{Noun(subject.Kind)}";

    public override string Description(Subject subject) => $"{ShortDescription(subject)}{Use(subject.Kind)}。";

    public override string ShortDescription(Subject subject) => $"{Measure(subject.Kind)}{Title(subject)}，采用{Substance(subject.Material)}制成。";

    public override string AltText(Subject subject, bool isBusy) => $"{Measure(subject.Kind)}{Title(subject)}，背景{(isBusy ? "杂乱" : "简洁")}";

    public override string SeoTitle(Subject subject) => $"{Color(subject.Color)}{Kindred(subject.Material)}{Noun(subject.Kind)}";

    public override string Summary(Subject subject) => $"{Title(subject)}，采用{Substance(subject.Material)}制成，{Use(subject.Kind)}。";

    public override string ProductType(Kind kind) => kind switch
    {
        Kind.Mug or Kind.Chair or Kind.Lamp or Kind.Table => "家居",
        Kind.Bottle or Kind.Ball => "运动",
        _ => "服饰",
    } + " > " + Noun(kind);

    public override IReadOnlyList<string> Points(Subject subject) =>
    [
        $"{Color(subject.Color)}外观",
        subject.Pattern == Pattern.Plain ? "纯色设计" : $"{PatternName(subject.Pattern)}图案",
        $"采用{Substance(subject.Material)}制成",
        Use(subject.Kind),
        subject.Pattern switch { Pattern.Plain => "简约", Pattern.Striped => "休闲", Pattern.Checked => "经典", _ => "活泼" } + "风格",
    ];

    public override IReadOnlyList<string> Searches(Subject subject) =>
        [$"{Color(subject.Color)}{Noun(subject.Kind)}", $"{PatternName(subject.Pattern)}{Noun(subject.Kind)}", $"{Kindred(subject.Material)}{Noun(subject.Kind)}"];

    public override NonProductWords Without(NonProduct nonProduct)
    {
        var what = nonProduct switch { NonProduct.EmptyShelf => "空货架", NonProduct.Noise => "噪点", _ => "文字" };
        return new NonProductWords(
            "没有商品",
            $"图片中只有{what}，没有商品。",
            nonProduct switch { NonProduct.EmptyShelf => "一个空货架", NonProduct.Noise => "没有形状的噪点", _ => "几行文字" },
            ["看不到商品", $"只有{what}", "没有可售商品", "请检查图片", "请重新拍摄"],
            ["没有商品", what, "检查图片"]);
    }

    private static string Color(ProductColor color) => color switch
    {
        ProductColor.Black => "黑色",
        ProductColor.White => "白色",
        ProductColor.Red => "红色",
        ProductColor.Orange => "橙色",
        ProductColor.Yellow => "黄色",
        ProductColor.Green => "绿色",
        ProductColor.Turquoise => "青绿色",
        ProductColor.Blue => "蓝色",
        ProductColor.Purple => "紫色",
        _ => "粉色",
    };

    private static string PatternName(Pattern pattern) => pattern switch
    {
        Pattern.Plain => "纯色",
        Pattern.Striped => "条纹",
        Pattern.Checked => "格子",
        _ => "圆点",
    };

    private static string Substance(Material material) => material switch
    {
        Material.Ceramic => "陶瓷",
        Material.Metal => "金属",
        Material.Plastic => "塑料",
        Material.Cotton => "棉布",
        Material.Denim => "牛仔布",
        Material.Leather => "皮革",
        _ => "木材",
    };

    /// <summary>The material in front of a noun.</summary>
    private static string Kindred(Material material) => material switch
    {
        Material.Cotton => "棉质",
        Material.Denim => "牛仔",
        Material.Wood => "木质",
        _ => Substance(material),
    };

    private static string Noun(Kind kind) => kind switch
    {
        Kind.Mug => "马克杯",
        Kind.Shirt => "T恤",
        Kind.Bottle => "水瓶",
        Kind.Chair => "椅子",
        Kind.Lamp => "台灯",
        Kind.Bag => "手提包",
        Kind.Hat => "帽子",
        Kind.Sneaker => "运动鞋",
        Kind.Table => "桌子",
        Kind.Trousers => "裤子",
        Kind.Dress => "连衣裙",
        _ => "球",
    };

    private static string Measure(Kind kind) => kind switch
    {
        Kind.Mug or Kind.Sneaker => "一只",
        Kind.Shirt => "一件",
        Kind.Chair => "一把",
        Kind.Lamp => "一盏",
        Kind.Hat => "一顶",
        Kind.Table => "一张",
        Kind.Trousers or Kind.Dress => "一条",
        _ => "一个",
    };

    private static string Use(Kind kind) => kind switch
    {
        Kind.Mug => "适合喝咖啡和茶",
        Kind.Shirt => "适合日常穿着",
        Kind.Bottle => "适合运动和旅行",
        Kind.Chair => "适合在餐桌旁使用",
        Kind.Lamp => "适合书桌和床头",
        Kind.Bag => "适合上班和购物",
        Kind.Hat => "适合晴天佩戴",
        Kind.Sneaker => "适合散步和运动",
        Kind.Table => "适合厨房和办公室",
        Kind.Trousers => "适合通勤和休闲",
        Kind.Dress => "适合夏天和聚会",
        _ => "适合户外游戏",
    };
}
