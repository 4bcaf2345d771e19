export declare const apiSections: () => { title: string; slug: string; description: string }[];
export declare const apiPages: () => Map<string, string>;
export declare const writeApiPages: () => void;
